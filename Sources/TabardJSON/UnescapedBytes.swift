/// The UTF-8 bytes that a string token stands for, one after the other. The token was checked when the document was read.
struct UnescapedBytes: Sequence, IteratorProtocol {
    private let token: UnsafeRawBufferPointer
    private var position = 0
    // What a \u escape became: at most four bytes, lowest first.
    private var pending: UInt32 = 0
    private var pendingCount = 0

    init(_ token: UnsafeRawBufferPointer) { self.token = token }

    var underestimatedCount: Int { 0 }

    mutating func next() -> UInt8? {
        if pendingCount > 0 { return takePending() }
        guard position < token.count else { return nil }
        let byte = token[position]
        position += 1
        guard byte == UInt8(ascii: "\\") else { return byte }
        let escape = token[position]
        position += 1
        switch escape {
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "u"):
            encode(scalar())
            return takePending()
        default: return escape
        }
    }

    private mutating func takePending() -> UInt8 {
        defer {
            pending >>= 8
            pendingCount -= 1
        }
        return UInt8(truncatingIfNeeded: pending)
    }

    /// The scalar of a `\u` escape whose `u` was just passed, its second half included (RFC 8259 section 7).
    private mutating func scalar() -> UInt32 {
        let first = hexadecimal()
        guard 0xD800..<0xDC00 ~= first else { return first }
        position += 2
        return 0x10000 + (first - 0xD800) << 10 + (hexadecimal() - 0xDC00)
    }

    private mutating func hexadecimal() -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            value = value << 4 | UInt32(token[position].hexadecimalValue ?? 0)
            position += 1
        }
        return value
    }

    private mutating func encode(_ scalar: UInt32) {
        let continuation: (UInt32) -> UInt32 = { 0x80 | (scalar >> $0) & 0x3F }
        switch scalar {
        case 0..<0x80: (pending, pendingCount) = (scalar, 1)
        case 0..<0x800: (pending, pendingCount) = (0xC0 | scalar >> 6 | continuation(0) << 8, 2)
        case 0..<0x10000: (pending, pendingCount) = (0xE0 | scalar >> 12 | continuation(6) << 8 | continuation(0) << 16, 3)
        default:
            pending = 0xF0 | scalar >> 18 | continuation(12) << 8 | continuation(6) << 16 | continuation(0) << 24
            pendingCount = 4
        }
    }
}

extension UInt8 {
    /// What the byte is worth as a hexadecimal digit, or nil.
    var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
