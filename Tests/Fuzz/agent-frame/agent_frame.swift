import TabardAgentProtocol
import TabardCore

/// What a client and an agent read from each other: what is accepted can be written and read again with the same meaning, in whatever pieces
/// it arrives.
func fuzz(_ input: UnsafeRawBufferPointer) {
    let whole = frames(input, piece: max(1, input.count))
    require(whole.map(\.kind) == frames(input, piece: 1).map(\.kind), "the pieces decide what was said")
    for frame in whole {
        if let question = try? AgentQuestion(parsing: frame.body) {
            guard let written = try? question.write(), let again = try? AgentQuestion(parsing: written) else {
                return require(false, "a question that was accepted cannot be written and read")
            }
            require(
                again.form == question.form && again.setup == question.setup && again.patience == question.patience, "the question changed")
            require(again.request.image == question.request.image, "the image changed")
            require(again.providers == question.providers && again.refused == question.refused, "a list changed")
            require(again.request.serviceAccountAnnotations == question.request.serviceAccountAnnotations, "the annotations changed")
        }
        guard let reply = (try? AgentReply(frame)) ?? nil else { continue }
        guard let bytes = try? reply.frame(), let again = (try? AgentReply(bytes)) ?? nil else {
            return require(false, "an answer that was accepted cannot be written and read")
        }
        switch (reply, again) {
        case (.entries(let one), .entries(let other)):
            require(one.entries.map(\.pattern) == other.entries.map(\.pattern) && one.duration == other.duration, "the entries changed")
        case (.failure(let one), .failure(let other)): require(one == other, "the failure changed")
        case (.kubeletResponse, .kubeletResponse), (.notMine, .notMine), (.status, .status): break
        default: require(false, "the answer became another one")
        }
    }
}

private func frames(_ input: UnsafeRawBufferPointer, piece: Int) -> [AgentFrame] {
    var reader = AgentFrameReader()
    var found: [AgentFrame] = []
    var start = 0
    while start < input.count {
        let end = min(start + piece, input.count)
        reader.append(UnsafeRawBufferPointer(rebasing: input[start..<end]))
        start = end
        do {
            while let frame = try reader.next() { found.append(frame) }
        } catch {
            return found
        }
    }
    return found
}
