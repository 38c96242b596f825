public import TabardCore

/// Writes one JSON document, members in the order of the calls, into memory that is wiped.
///
///     var json = JSONWriter()
///     try json.object { json throws(Failure) in
///         json.field("username", "AWS")
///         try json.field("password", secret)
///     }
///     let answer = json.finish()
///
/// Strings are escaped where RFC 8259 section 7 demands it and nowhere else. Secrets go from their bytes to the document's.
public struct JSONWriter: ~Copyable {
    /// How white space is set.
    public enum Style: Sendable {
        /// None.
        case compact
        /// A line per member and element, two spaces per level.
        case pretty
    }

    private let style: Style
    var output = SecretBuffer(capacity: 256)
    private var depth = 0
    // Whether something stands already in the container that is open.
    private var isFollowing = false
    // Whether that container is an object.
    private var isInObject = false

    /// Makes a writer with nothing written.
    public init(_ style: Style = .compact) { self.style = style }

    /// Ends the document and gives its bytes.
    ///
    /// - Parameter newline: Whether U+000A follows the document.
    public consuming func finish(newline: Bool = false) -> Secret {
        if newline { output.append(UInt8(ascii: "\n")) }
        return output.freeze()
    }

    /// Ends the document and gives its bytes where they are not secret: the array is not wiped.
    public consuming func finishBytes(newline: Bool = false) -> [UInt8] {
        finish(newline: newline).withBytes { [UInt8]($0) }
    }

    // MARK: Members of the object that is open

    /// Writes a member with text.
    public mutating func field(_ key: String, _ value: String) {
        name(key)
        quote(value)
    }

    /// Writes a member with a secret text; fails, and leaves the document useless, when the secret is not UTF-8.
    public mutating func field(_ key: String, _ value: Secret) throws(Failure) {
        name(key)
        try quote(value)
    }

    /// Writes a member with an integer.
    public mutating func field(_ key: String, _ value: some BinaryInteger) {
        name(key)
        output.append(String(value))
    }

    /// Writes a member with a number that is already text by the grammar of RFC 8259, section 6.
    public mutating func field(_ key: String, number text: String) {
        name(key)
        output.append(text)
    }

    /// Writes a member with `true` or `false`.
    public mutating func field(_ key: String, _ value: Bool) {
        name(key)
        output.append(value ? "true" : "false")
    }

    /// Writes a member with `null`.
    public mutating func nullField(_ key: String) {
        name(key)
        output.append("null")
    }

    /// Writes a member with an object, whose members `body` writes.
    public mutating func object<Problem: Error>(
        _ key: String, _ body: (inout JSONWriter) throws(Problem) -> Void
    ) throws(Problem) {
        name(key)
        try container("{", "}", body)
    }

    /// Writes a member with an array, whose elements `body` writes.
    public mutating func array<Problem: Error>(
        _ key: String, _ body: (inout JSONWriter) throws(Problem) -> Void
    ) throws(Problem) {
        name(key)
        try container("[", "]", body)
    }

    /// Writes a member with an array of texts.
    public mutating func field(_ key: String, _ values: [String]) {
        array(key) { json in
            for value in values { json.value(value) }
        }
    }

    // MARK: The outermost value, or elements of the array that is open

    /// Writes text.
    public mutating func value(_ value: String) {
        separate()
        quote(value)
    }

    /// Writes a secret text; fails, and leaves the document useless, when the secret is not UTF-8.
    public mutating func value(_ value: Secret) throws(Failure) {
        separate()
        try quote(value)
    }

    /// Writes an integer.
    public mutating func value(_ value: some BinaryInteger) {
        separate()
        output.append(String(value))
    }

    /// Writes `true` or `false`.
    public mutating func value(_ value: Bool) {
        separate()
        output.append(value ? "true" : "false")
    }

    /// Writes a number that is already text by the grammar of RFC 8259, section 6.
    public mutating func value(number text: String) {
        separate()
        output.append(text)
    }

    /// Writes `null`.
    public mutating func nullValue() {
        separate()
        output.append("null")
    }

    /// Writes an object, whose members `body` writes.
    public mutating func object<Problem: Error>(_ body: (inout JSONWriter) throws(Problem) -> Void) throws(Problem) {
        separate()
        try container("{", "}", body)
    }

    /// Writes an array, whose elements `body` writes.
    public mutating func array<Problem: Error>(_ body: (inout JSONWriter) throws(Problem) -> Void) throws(Problem) {
        separate()
        try container("[", "]", body)
    }

    // MARK: Pieces

    mutating func container<Problem: Error>(
        _ opening: Unicode.Scalar, _ closing: Unicode.Scalar, _ body: (inout JSONWriter) throws(Problem) -> Void
    ) throws(Problem) {
        output.append(UInt8(ascii: opening))
        let wasInObject = isInObject
        isInObject = opening == "{"
        depth += 1
        isFollowing = false
        try body(&self)
        depth -= 1
        isInObject = wasInObject
        if isFollowing { breakLine() }
        output.append(UInt8(ascii: closing))
        isFollowing = true
    }

    /// Goes to the place of the next element, or of the outermost value.
    mutating func separate() {
        // The calls in the source decide this, never data.
        precondition(!isInObject && (depth > 0 || !isFollowing), "a member needs a name, and a document has one value")
        advance()
    }

    mutating func name(_ key: String) {
        // As above.
        precondition(isInObject, "only a member has a name")
        advance()
        quote(key)
        output.append(style == .pretty ? ": " : ":")
    }

    private mutating func advance() {
        if isFollowing { output.append(UInt8(ascii: ",")) }
        if depth > 0 { breakLine() }
        isFollowing = true
    }

    private mutating func breakLine() {
        guard style == .pretty else { return }
        output.append(UInt8(ascii: "\n"))
        for _ in 0..<depth { output.append("  ") }
    }

    mutating func quote(_ text: String) {
        var text = text
        text.withUTF8 { escape(UnsafeRawBufferPointer($0)) }
    }

    private mutating func quote(_ secret: Secret) throws(Failure) {
        guard secret.withBytes({ isUTF8($0) }) else {
            throw Failure(
                .invalid, attempting: "writing JSON", reason: "a secret is not UTF-8 text, and JSON can carry nothing else")
        }
        secret.withBytes { escape($0) }
    }

    /// Writes UTF-8 bytes as a string.
    mutating func escape(_ bytes: UnsafeRawBufferPointer) {
        output.append(UInt8(ascii: "\""))
        // Everything up to a byte that needs an escape is copied at once.
        var start = 0
        for (index, byte) in bytes.enumerated() {
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            output.append(UnsafeRawBufferPointer(rebasing: bytes[start..<index]))
            start = index + 1
            output.append(UInt8(ascii: "\\"))
            switch byte {
            case 0x08: output.append(UInt8(ascii: "b"))
            case 0x09: output.append(UInt8(ascii: "t"))
            case 0x0A: output.append(UInt8(ascii: "n"))
            case 0x0C: output.append(UInt8(ascii: "f"))
            case 0x0D: output.append(UInt8(ascii: "r"))
            case 0..<0x20: output.append((byte < 0x10 ? "u000" : "u00") + String(byte, radix: 16))
            default: output.append(byte)
            }
        }
        output.append(UnsafeRawBufferPointer(rebasing: bytes[start...]))
        output.append(UInt8(ascii: "\""))
    }
}

/// Whether the bytes are well-formed UTF-8.
private func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var position = 0
    while position < bytes.count {
        guard let length = UTF8Sequence.length(in: bytes, at: position) else { return false }
        position += length
    }
    return true
}
