public import TabardCore

/// One message between a client and the agent: eight bytes of head, then a body. docs/agent.md describes the bytes.
public struct AgentFrame: Sendable {
    /// The version that this code speaks. Another version is never guessed at: the client goes on alone.
    public static let version: UInt8 = 1
    /// The longest body, in bytes: a question with the longest token that a kubelet may send, escaped throughout.
    public static let longestBody = 4 << 20
    static let headSize = 8
    private static let magic: [UInt8] = [0x54, 0x42]

    /// What a message is.
    public enum Kind: UInt8, Sendable, CaseIterable {
        /// Client: `AgentQuestion`.
        case question = 0x51
        /// Agent: the question has arrived and is being worked on. Without a body.
        case acknowledged = 0x41
        /// Agent: still at work. Without a body.
        case working = 0x57
        /// Agent: bytes for the kubelet, ready to be written.
        case kubeletResponse = 0x4B
        /// Agent: entries as JSON, `ProviderReply`.
        case reply = 0x52
        /// Agent: why there is no answer, as JSON, `Failure`. Asking elsewhere cannot help.
        case failure = 0x46
        /// Agent: the client has to ask by itself; the body says why, in words.
        case notMine = 0x4E
        /// Agent: its state, as JSON.
        case status = 0x53
    }

    /// Why bytes are no message.
    public enum Fault: Error, Sendable, Equatable {
        /// Whoever sent them speaks that version.
        case otherVersion(UInt8)
        /// They are something else altogether.
        case malformed(String)
    }

    /// What it is.
    public let kind: Kind
    /// The rest, which may hold secrets.
    public let body: Secret

    /// Makes a message.
    public init(_ kind: Kind, _ body: Secret = Secret("")) {
        self.kind = kind
        self.body = body
    }

    /// The bytes on the wire, in one piece: a message that is written at once arrives at once.
    public var bytes: Secret {
        var buffer = SecretBuffer(capacity: Self.headSize + body.count)
        for byte in Self.magic { buffer.append(byte) }
        buffer.append(Self.version)
        buffer.append(kind.rawValue)
        for shift in [24, 16, 8, 0] { buffer.append(UInt8(truncatingIfNeeded: body.count >> shift)) }
        buffer.append(body)
        return buffer.freeze()
    }

    /// Reads a head.
    ///
    /// - Returns: The kind and the size of the body.
    static func head(_ bytes: UnsafeRawBufferPointer) throws(Fault) -> (Kind, Int) {
        guard bytes[0] == magic[0], bytes[1] == magic[1] else { throw .malformed("it begins otherwise") }
        guard bytes[2] == version else { throw .otherVersion(bytes[2]) }
        guard let kind = Kind(rawValue: bytes[3]) else { throw .malformed("a message of the unknown kind \(bytes[3])") }
        let size = bytes[4..<8].reduce(0) { $0 << 8 | Int($1) }
        guard size <= longestBody else { throw .malformed("a message of \(size) bytes") }
        return (kind, size)
    }
}
