import TabardCore
import TabardJSON
import TabardTestSupport
import Testing

@testable import TabardHTTP

@Suite struct ResponseParserTests {
    struct Reading: Equatable {
        var status = 0
        var headers: [[String]] = []
        var body = ""
        var isReusable = false
        /// Bytes behind the answer.
        var left = 0
        var problem = ""
    }

    /// Reads `input` in pieces of `size` bytes, as a connection would bring them.
    static func read(_ input: [UInt8], method: String, pieces size: Int) -> Reading {
        var reading = Reading()
        var body: [UInt8] = []
        var parser = ResponseParser(method: method)
        var offset = 0
        var isComplete = false
        do throws(ResponseParser.Problem) {
            while offset < input.count, !isComplete {
                var piece = input[offset..<min(offset + size, input.count)]
                var needsMore = false
                while !needsMore, !isComplete {
                    let bytes = Array(piece)
                    let step = bytes.withUnsafeBytes { bytes in Result { () throws(ResponseParser.Problem) in try parser.parse(bytes) } }
                    let (consumed, event) = try step.get()
                    switch event {
                    case .needsMore:
                        needsMore = true
                        if consumed != bytes.count { reading.problem = "left bytes unread" }
                    case .body(let range): body += bytes[range]
                    case .head(let head):
                        reading.status = head.status
                        reading.headers = head.headers.entries.map { [$0.name, head.headers.text($0.value)] }
                    case .end: isComplete = true
                    }
                    piece = piece.dropFirst(consumed)
                    offset += consumed
                }
            }
            if !isComplete { try parser.finish() }
            reading.left = input.count - offset
            reading.isReusable = parser.isReusable
        } catch {
            switch error {
            case .malformed: reading.problem = "malformed"
            case .tooLarge: reading.problem = "tooLarge"
            case .truncated: reading.problem = "truncated"
            }
        }
        reading.body = String(decoding: body, as: UTF8.self)
        return reading
    }

    static let cases = Result { try Fixtures.json("http/responses.json").elements }

    @Test(arguments: try cases.get().map { try $0.requireString("name") })
    func `reads what the fixture says, however it is cut`(_ name: String) throws {
        let expected = try #require(try Self.cases.get().first { try $0.requireString("name") == name })
        let input = Array(try expected.requireString("input").utf8)
        for size in [input.count, 1, 2, 7] where size > 0 {
            let reading = Self.read(input, method: try expected.optionalString("method") ?? "GET", pieces: size)
            #expect(reading.problem == (try expected.optionalString("problem") ?? ""), "in pieces of \(size)")
            guard reading.problem.isEmpty else { continue }
            #expect(reading.status == Int(try expected.requireInt64("status")))
            #expect(reading.body == (try expected.requireString("body")))
            if let headers = try expected.optionalArray("headers") { #expect(reading.headers == (try headers.map { try $0.asStrings() })) }
            if let isReusable = try expected.optionalBool("reusable") { #expect(reading.isReusable == isReusable) }
            if size == input.count { #expect(reading.left == Int(try expected.optionalInt64("left") ?? 0)) }
        }
    }

    @Test func `bounds every part of a head`() {
        func problem(_ text: String) -> String { Self.read(Array(text.utf8), method: "GET", pieces: 4096).problem }
        let start = "HTTP/1.1 200 OK\r\n"
        #expect(problem("HTTP/1.1 200 " + String(repeating: "x", count: 70_000)) == "tooLarge")
        #expect(problem(start + "X: " + String(repeating: "x", count: 70_000)) == "tooLarge")
        #expect(problem(start + String(repeating: "X: \(String(repeating: "y", count: 1000))\r\n", count: 70)) == "tooLarge")
        #expect(problem(start + String(repeating: "X: y\r\n", count: 257)) == "tooLarge")
        #expect(problem(start + String(repeating: "X: y\r\n", count: 256) + "\r\n") == "")
        #expect(problem(String(repeating: "HTTP/1.1 100 C\r\n\r\n", count: 17)) == "malformed")
        let chunked = start + "Transfer-Encoding: chunked\r\n\r\n"
        #expect(problem(chunked + "5;" + String(repeating: "x", count: 5000)) == "malformed")
        #expect(problem(chunked + "0\r\n" + String(repeating: "X: \(String(repeating: "y", count: 1000))\r\n", count: 70)) == "tooLarge")
    }
}

extension HTTPHeaders {
    func text(_ value: FieldValue) -> String {
        if case .text(let text) = value { text } else { "<redacted>" }
    }
}
