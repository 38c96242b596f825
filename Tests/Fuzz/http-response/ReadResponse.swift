@testable import TabardHTTP

/// The first byte chooses the method and the size of the pieces; the rest is an answer, which must read the same whole and in pieces.
func fuzz(_ input: UnsafeRawBufferPointer) {
    guard let choice = input.first else { return }
    let bytes = Array(input.dropFirst())
    let method = choice & 1 == 0 ? "GET" : "HEAD"
    let whole = read(bytes, method: method, pieces: max(1, bytes.count))
    let cut = read(bytes, method: method, pieces: 1 + Int(choice >> 1) % 31)
    if whole.problem != nil || cut.problem != nil {
        // What was handed on before the problem may differ in length, but not in kind.
        require(whole.problem == cut.problem, "pieces do not change the verdict")
        return
    }
    require(whole.body == cut.body, "pieces do not change the body")
    require(whole.fields == cut.fields, "pieces do not change the head")
    require(whole.consumed == cut.consumed, "pieces do not change where the answer ends")
    require(whole.isReusable == cut.isReusable, "pieces do not change what follows")
    require(whole.body.count <= bytes.count, "a body is never larger than what came")
    for field in whole.fields { require(isClean(field), "a field has no control characters") }
}

private struct Reading {
    var fields: [String] = []
    var body: [UInt8] = []
    var consumed = 0
    var isReusable = false
    var problem: String?
}

private func read(_ bytes: [UInt8], method: String, pieces size: Int) -> Reading {
    var reading = Reading()
    var parser = ResponseParser(method: method)
    var isComplete = false
    var heads = 0
    do throws(ResponseParser.Problem) {
        while reading.consumed < bytes.count, !isComplete {
            let end = min(reading.consumed + size, bytes.count)
            var needsMore = false
            while !needsMore, !isComplete {
                let range = reading.consumed..<end
                let step = bytes.withUnsafeBytes { all in
                    Result { () throws(ResponseParser.Problem) in try parser.parse(UnsafeRawBufferPointer(rebasing: all[range])) }
                }
                let (consumed, event) = try step.get()
                require(consumed >= 0 && consumed <= range.count, "no more is consumed than there is")
                switch event {
                case .needsMore:
                    require(consumed == range.count, "all is consumed when more is needed")
                    needsMore = true
                case .head(let head):
                    heads += 1
                    require(heads == 1 && reading.body.isEmpty, "one head, before the body")
                    require((200...999).contains(head.status), "a final status")
                    reading.fields = head.headers.entries.map { "\($0.name): \(head.headers.first($0.name) ?? "")" }
                case .body(let part):
                    require(heads == 1 && !part.isEmpty && part.upperBound == consumed, "a body piece lies in the bytes given")
                    reading.body += bytes[(range.lowerBound + part.lowerBound)..<(range.lowerBound + part.upperBound)]
                case .end: isComplete = true
                }
                reading.consumed += consumed
            }
        }
        if !isComplete { try parser.finish() }
        reading.isReusable = parser.isReusable
    } catch {
        switch error {
        case .malformed: reading.problem = "malformed"
        case .tooLarge: reading.problem = "tooLarge"
        case .truncated: reading.problem = "truncated"
        }
    }
    return reading
}

private func isClean(_ text: String) -> Bool { text.utf8.allSatisfy { $0 == 9 || ($0 >= 0x20 && $0 != 0x7F) } }
