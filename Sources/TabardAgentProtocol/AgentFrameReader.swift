import TabardCore

/// Takes messages out of bytes as they arrive.
public struct AgentFrameReader: ~Copyable {
    private var buffer = SecretBuffer()
    private var start = 0

    /// Starts with nothing.
    public init() {}

    /// Takes in what has arrived.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if start > Self.mostReadBytes {
            var rest = SecretBuffer(capacity: buffer.count - start + bytes.count)
            buffer.withBytes { rest.append(UnsafeRawBufferPointer(rebasing: $0[start...])) }
            buffer = rest
            start = 0
        }
        buffer.append(bytes)
    }

    /// Messages that have been taken out stay in front of the rest up to so many bytes.
    private static let mostReadBytes = 65_536

    /// Whether nothing has arrived of the next message.
    public var isBetweenMessages: Bool { start == buffer.count }

    /// The next message, or nil until all of it is there. After a fault nothing more can be read.
    public mutating func next() throws(AgentFrame.Fault) -> AgentFrame? {
        let begin = start
        let frame = try buffer.withBytes { (bytes) throws(AgentFrame.Fault) -> AgentFrame? in
            let rest = UnsafeRawBufferPointer(rebasing: bytes[begin...])
            guard rest.count >= AgentFrame.headSize else { return nil }
            let (kind, size) = try AgentFrame.head(rest)
            guard rest.count >= AgentFrame.headSize + size else { return nil }
            return AgentFrame(
                kind, Secret(copying: UnsafeRawBufferPointer(rebasing: rest[AgentFrame.headSize..<AgentFrame.headSize + size])))
        }
        guard let frame else { return nil }
        start += AgentFrame.headSize + frame.body.count
        if start == buffer.count {
            buffer.removeAll()
            start = 0
        }
        return frame
    }
}
