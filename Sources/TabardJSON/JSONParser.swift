/// One pass over the bytes of a document: checks them against RFC 8259 and writes the tape. Keeps no stack but the tape itself, so the
/// depth of a document costs nothing but tape.
struct JSONParser {
    let bytes: UnsafeRawBufferPointer
    let limits: JSONLimits
    var position = 0
    var tape: [TapeEntry] = []
    /// The names that stand again, each the later one, in the order in which their objects end.
    var duplicates: [UInt32] = []

    private var container = TapeEntry.noParent
    private var depth = 0

    init(bytes: UnsafeRawBufferPointer, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func parse() throws(JSONError) {
        try checkStart()
        // Most documents have an entry per 16 bytes or fewer.
        tape.reserveCapacity(bytes.count / 16 + 4)
        var isDone = false
        while !isDone {
            if try readValue() {
                if isInObject { try readName() }
            } else {
                isDone = try finishValue()
            }
        }
        skipWhitespace()
        if position < bytes.count { throw error("expected nothing more after the document, found \(found)") }
        duplicates.sort()
    }

    // MARK: Structure

    private func checkStart() throws(JSONError) {
        let limit = min(limits.bytes, Int(UInt32.max) - 1)
        if bytes.count > limit { throw error("the document has \(bytes.count) bytes, more than the \(limit) that are read") }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw error("starts with a byte order mark, which JSON forbids: save it as UTF-8 without BOM")
        }
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) {
            throw error("is UTF-16, but JSON is UTF-8: save it as UTF-8 without BOM")
        }
    }

    private var isInObject: Bool { container != TapeEntry.noParent && tape[Int(container)].kind == .object }

    /// Reads a scalar, an empty container or the start of a container, and says whether it is the last of these.
    private mutating func readValue() throws(JSONError) -> Bool {
        skipWhitespace()
        guard position < bytes.count else {
            guard tape.isEmpty else { throw error(expected("a value")) }
            throw error("there is no JSON here: the document is \(bytes.isEmpty ? "empty" : "white space alone")")
        }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try open(.object, closing: UInt8(ascii: "}"))
        case UInt8(ascii: "["): return try open(.array, closing: UInt8(ascii: "]"))
        case UInt8(ascii: "\""): try readString(as: .string)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try readNumber()
        case UInt8(ascii: "t"): try readWord("true", as: .true)
        case UInt8(ascii: "f"): try readWord("false", as: .false)
        case UInt8(ascii: "n"): try readWord("null", as: .null)
        default: throw error(expected("a value"))
        }
        return false
    }

    private mutating func open(_ kind: TapeEntry.Kind, closing: UInt8) throws(JSONError) -> Bool {
        if depth >= limits.depth { throw error("nested more than \(limits.depth) deep") }
        let index = UInt32(tape.count)
        try append(kind, start: position, end: position)
        position += 1
        container = index
        depth += 1
        skipWhitespace()
        guard position < bytes.count, bytes[position] == closing else { return true }
        close()
        return false
    }

    /// Closes the container that is open; the closing byte is at `position`.
    private mutating func close() {
        let index = Int(container)
        position += 1
        tape[index].end = UInt32(position)
        tape[index].next = UInt32(tape.count)
        if tape[index].kind == .object { markDuplicates(in: index) }
        container = tape[index].parent
        depth -= 1
    }

    /// Goes on after a value to the start of the next one, and says whether there is none.
    private mutating func finishValue() throws(JSONError) -> Bool {
        while container != TapeEntry.noParent {
            skipWhitespace()
            let isObject = isInObject
            let closing = UInt8(ascii: isObject ? "}" : "]")
            guard position < bytes.count, bytes[position] == closing || bytes[position] == UInt8(ascii: ",") else {
                throw error(expected(isObject ? "',' or '}' after a member" : "',' or ']' after an element"))
            }
            if bytes[position] == closing {
                close()
                continue
            }
            position += 1
            if isObject { try readName() }
            return false
        }
        return true
    }

    private mutating func readName() throws(JSONError) {
        skipWhitespace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            throw error(expected("a name in double quotes"))
        }
        try readString(as: .name)
        skipWhitespace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else { throw error(expected("':' after a name")) }
        position += 1
    }

    private mutating func readWord(_ word: StaticString, as kind: TapeEntry.Kind) throws(JSONError) {
        let start = position
        for offset in 0..<word.utf8CodeUnitCount {
            guard position < bytes.count, bytes[position] == word.utf8Start[offset] else { throw error(expected("'\(word)'")) }
            position += 1
        }
        try append(kind, start: start, end: position)
    }

    mutating func append(_ kind: TapeEntry.Kind, flags: TapeEntry.Flags = [], start: Int, end: Int) throws(JSONError) {
        if tape.count >= limits.values { throw error("more than \(limits.values) values and names") }
        tape.append(
            TapeEntry(
                kind: kind, flags: flags, start: UInt32(start), end: UInt32(end), parent: container, next: UInt32(tape.count + 1)))
    }

    private mutating func skipWhitespace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    // MARK: Errors

    func error(_ reason: String, at offset: Int? = nil) -> JSONError {
        JSONError(position: JSONPosition(offset: offset ?? position, in: bytes), reason: reason)
    }

    func expected(_ what: String) -> String { "expected \(what), found \(found)" }

    /// The one character at `position`, so that it can be shown on any terminal.
    var found: String {
        guard position < bytes.count else { return "the end" }
        switch bytes[position] {
        case UInt8(ascii: "'"): return "a single quotation mark (JSON has only double ones)"
        case UInt8(ascii: "/"), UInt8(ascii: "#"): return "'\(Unicode.Scalar(bytes[position]))' (JSON has no comments)"
        case 0x21..<0x7F: return "'\(Unicode.Scalar(bytes[position]))'"
        case 0x20: return "a space"
        case 0x0A: return "a line break"
        default: return "byte 0x" + (bytes[position] < 16 ? "0" : "") + String(bytes[position], radix: 16, uppercase: true)
        }
    }
}
