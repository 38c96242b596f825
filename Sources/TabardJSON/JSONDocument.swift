public import TabardCore

/// A document that was read whole and checked: RFC 8259 to the letter, UTF-8, no byte order mark, nothing after the value.
///
/// It keeps its bytes, because answers hold tokens, in a `Secret`, so they are overwritten when the last node that looks into them goes.
/// Immutable, so any thread may use it.
public final class JSONDocument: Sendable {
    /// What failures about this document name.
    public let source: JSONSource

    let bytes: Secret
    let tape: [TapeEntry]
    private let duplicates: [UInt32]
    /// Where each entry of the tape stood in the text that the document was made from; empty when that text is its own bytes.
    private let places: [JSONPosition]

    private init(bytes: Secret, source: JSONSource, limits: JSONLimits, places: [JSONPosition] = []) throws(JSONError) {
        let (tape, duplicates) = try bytes.withBytes { (bytes) throws(JSONError) in
            var parser = JSONParser(bytes: bytes, limits: limits)
            try parser.parse()
            return (parser.tape, parser.duplicates)
        }
        self.bytes = bytes
        self.source = source
        self.tape = tape
        self.duplicates = duplicates
        self.places = places.count == tape.count ? places : []
    }

    /// Takes a document that was made from a text in another format.
    ///
    /// - Parameter places: Where each value and each name stood in that text, in document order, a name before its value.
    package convenience init(madeFrom source: JSONSource, json: Secret, places: [JSONPosition], limits: JSONLimits) throws(Failure) {
        do {
            try self.init(bytes: json, source: source, limits: limits, places: places)
        } catch {
            throw error.failure(from: source)
        }
    }

    /// Reads a document without copying it: the document shares the secret.
    public convenience init(parsing secret: Secret, limits: JSONLimits = .standard) throws(JSONError) {
        try self.init(bytes: secret, source: JSONSource(""), limits: limits)
    }

    /// Reads a document. The caller still owns, and wipes, its own copy of the bytes.
    public convenience init(parsing bytes: UnsafeRawBufferPointer, limits: JSONLimits = .standard) throws(JSONError) {
        try self.init(bytes: Secret(copying: bytes), source: JSONSource(""), limits: limits)
    }

    /// Reads a document. The array itself is not wiped: it is for what holds no secret.
    public convenience init(parsing bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONError) {
        try self.init(bytes: bytes.withUnsafeBytes { Secret(copying: $0) }, source: JSONSource(""), limits: limits)
    }

    /// Reads a document without copying it, with failures that name the source; so do those of its nodes.
    public convenience init(reading secret: Secret, from source: JSONSource, limits: JSONLimits = .standard) throws(Failure) {
        do {
            try self.init(bytes: secret, source: source, limits: limits)
        } catch {
            throw error.failure(from: source)
        }
    }

    /// Reads a document, with failures that name the source; so do those of its nodes. The array itself is not wiped.
    public convenience init(reading bytes: [UInt8], from source: JSONSource, limits: JSONLimits = .standard) throws(Failure) {
        try self.init(reading: bytes.withUnsafeBytes { Secret(copying: $0) }, from: source, limits: limits)
    }

    /// The outermost value.
    public var root: JSONNode { JSONNode(document: self, index: 0) }

    /// The members whose name stood before in the same object, in document order; the value of the last one is the one that counts.
    public var duplicateKeys: [JSONMember] { duplicates.map { JSONMember(document: self, nameIndex: Int($0)) } }

    /// Refuses the first name that stands twice in one object.
    public func refuseDuplicateKeys() throws(Failure) {
        guard let first = duplicateKeys.first else { return }
        throw source.failure(at: first.keyPosition, reason: "\(first.value.path) is given twice", advice: "remove one of the two")
    }

    func position(of index: Int) -> JSONPosition {
        places.isEmpty ? bytes.withBytes { JSONPosition(offset: tape[index].visibleStart, in: $0) } : places[index]
    }

    /// Lends the bytes of one entry.
    func withToken<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withBytes { body(UnsafeRawBufferPointer(rebasing: $0[tape[index].range])) }
    }

    /// The text of a string or name.
    func text(_ index: Int) -> String {
        let hasEscapes = tape[index].flags.contains(.hasEscapes)
        return withToken(index) { token in
            guard hasEscapes else { return String(decoding: token, as: UTF8.self) }
            // No escape is shorter than what it stands for.
            return String(unsafeUninitializedCapacity: token.count) { buffer in
                var count = 0
                for byte in UnescapedBytes(token) {
                    buffer[count] = byte
                    count += 1
                }
                return count
            }
        }
    }
}

extension JSONDocument: CustomStringConvertible, CustomReflectable {
    /// Where it came from, and nothing that is in it.
    public var description: String { "JSON document \(source.name)" }
    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
