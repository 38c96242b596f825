/// One value or member name of a document: where its bytes are, and where the next one is. Entries stand in document order; a name
/// directly before its value, a container directly before what it holds.
struct TapeEntry {
    enum Kind: UInt8 {
        case object, array, name, string, number, `true`, `false`, null
    }
    struct Flags: OptionSet {
        let rawValue: UInt8
        /// A string or name with at least one backslash.
        static let hasEscapes = Flags(rawValue: 1)
        /// A string or name that contains U+0000.
        static let hasNUL = Flags(rawValue: 2)
        /// A name that stands again later in the same object.
        static let isOverridden = Flags(rawValue: 4)
    }

    let kind: Kind
    var flags: Flags = []
    /// The offset of the first byte; for strings and names, of the one after the quotation mark.
    let start: UInt32
    /// The offset after the last byte; for strings and names, of the closing quotation mark.
    var end: UInt32
    /// The container it stands in, or `noParent`.
    let parent: UInt32
    /// The entry after this value and all that is in it.
    var next: UInt32

    static let noParent = UInt32.max

    /// Where the content is.
    var range: Range<Int> { Int(start)..<Int(end) }
    /// Where a person sees it begin.
    var visibleStart: Int { kind == .string || kind == .name ? Int(start) - 1 : Int(start) }
}
