public import TabardCore

/// One value of a document: a light handle, which keeps the document alive.
public struct JSONNode: Sendable {
    /// What a value can be.
    public enum Kind: String, Sendable, Hashable {
        /// Members.
        case object
        /// Elements.
        case array
        /// Text.
        case string
        /// A number.
        case number
        /// `true` or `false`.
        case boolean
        /// `null`.
        case null
    }

    /// The document it is in.
    public let document: JSONDocument
    let index: Int

    var entry: TapeEntry { document.tape[index] }

    /// What it is.
    public var kind: Kind {
        switch entry.kind {
        case .object: .object
        case .array: .array
        case .string, .name: .string
        case .number: .number
        case .true, .false: .boolean
        case .null: .null
        }
    }

    /// Where it starts; costs a walk over the document up to there.
    public var position: JSONPosition { document.position(of: index) }

    /// Whether it is `null`.
    public var isNull: Bool { entry.kind == .null }

    /// `true` or `false`, or nil when it is neither.
    public var bool: Bool? {
        switch entry.kind {
        case .true: true
        case .false: false
        default: nil
        }
    }

    /// The text, unescaped, or nil when it is not a string. May contain U+0000; see `containsNUL`.
    public var string: String? { entry.kind == .string ? document.text(index) : nil }

    /// The text as a secret, decoded without a `String` in between, or nil when it is not a string.
    public var secret: Secret? {
        guard entry.kind == .string else { return nil }
        let hasEscapes = entry.flags.contains(.hasEscapes)
        return document.withToken(index) { token in
            guard hasEscapes else { return Secret(copying: token) }
            var buffer = SecretBuffer(capacity: token.count)
            for byte in UnescapedBytes(token) { buffer.append(byte) }
            return buffer.freeze()
        }
    }

    /// Lends the text as it stands in the document; nil when it is not a string or has escapes.
    package func withPlainText<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        guard entry.kind == .string, !entry.flags.contains(.hasEscapes) else { return nil }
        return document.withToken(index, body)
    }

    /// Whether it is a string with U+0000 in it, which no C string, header, file name or environment can carry.
    public var containsNUL: Bool { entry.kind == .string && entry.flags.contains(.hasNUL) }
}

extension JSONNode: CustomStringConvertible, CustomReflectable {
    /// Path and kind, and nothing of the value.
    public var description: String { "\(place) (\(kind.rawValue))" }
    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
