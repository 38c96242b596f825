/// A place in a document, as an editor counts it.
public struct JSONPosition: Sendable, Hashable {
    /// Bytes before it; 0 where the document was made from another format.
    public let offset: Int
    /// From 1; a line ends with U+000A.
    public let line: Int
    /// From 1, in Unicode scalars.
    public let column: Int

    /// A place in the text that a document was made from, whose bytes nobody counted.
    package init(line: Int, column: Int) {
        offset = 0
        self.line = line
        self.column = column
    }

    /// Line and column of the byte at `offset`; costs a walk over everything before it.
    package init(offset: Int, in bytes: UnsafeRawBufferPointer) {
        var line = 1
        var column = 1
        for byte in bytes.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.offset = offset
        self.line = line
        self.column = column
    }
}

extension JSONPosition: CustomStringConvertible {
    /// `line 3, column 7`.
    public var description: String { "line \(line), column \(column)" }
}
