/// Base64 (RFC 4648) that accepts exactly one spelling of every value and keeps decoded bytes only in memory that is wiped.
public enum Base64 {
    /// Which 64 digits.
    public enum Alphabet: Sendable {
        /// `+` and `/` (section 4).
        case standard
        /// `-` and `_` (section 5).
        case url
    }

    /// Whether the text is filled up with `=` to a multiple of four.
    public enum Padding: Sendable {
        /// It must be.
        case required
        /// It may be; when it is, it must be right.
        case optional
        /// It must not be.
        case forbidden
    }

    /// The bytes that `text` stands for, or nil when it is not valid: other characters, wrong padding, unused bits that are not zero.
    ///
    /// - Parameter ignoringLineBreaks: Skips CR and LF, as Go's decoder does; wrapped text in docker's `auth` is read that way.
    public static func decode(
        _ text: UnsafeRawBufferPointer, alphabet: Alphabet = .standard, padding: Padding = .required, ignoringLineBreaks: Bool = false
    ) -> Secret? {
        var buffer = SecretBuffer(capacity: text.count / 4 * 3 + 3)
        var bits: UInt32 = 0
        var digits = 0
        var pads = 0
        for byte in text {
            if ignoringLineBreaks, byte == 0x0A || byte == 0x0D { continue }
            if byte == UInt8(ascii: "=") {
                pads += 1
                continue
            }
            guard pads == 0, let value = value(of: byte, alphabet) else { return nil }
            bits = bits << 6 | UInt32(value)
            digits += 1
            if digits & 3 == 0 {
                buffer.append(UInt8(truncatingIfNeeded: bits >> 16))
                buffer.append(UInt8(truncatingIfNeeded: bits >> 8))
                buffer.append(UInt8(truncatingIfNeeded: bits))
                bits = 0
            }
        }
        let needed = (4 - digits & 3) & 3
        switch padding {
        case .required: guard pads == needed else { return nil }
        case .optional: guard pads == 0 || pads == needed else { return nil }
        case .forbidden: guard pads == 0 else { return nil }
        }
        switch digits & 3 {
        case 0: break
        case 2:
            guard bits & 0xF == 0 else { return nil }
            buffer.append(UInt8(truncatingIfNeeded: bits >> 4))
        case 3:
            guard bits & 0x3 == 0 else { return nil }
            buffer.append(UInt8(truncatingIfNeeded: bits >> 10))
            buffer.append(UInt8(truncatingIfNeeded: bits >> 2))
        default: return nil
        }
        return buffer.freeze()
    }

    /// The same of a text that is not itself secret or cannot be wiped any more.
    public static func decode(
        _ text: String, alphabet: Alphabet = .standard, padding: Padding = .required, ignoringLineBreaks: Bool = false
    ) -> Secret? {
        var text = text
        return text.withUTF8 {
            decode(UnsafeRawBufferPointer($0), alphabet: alphabet, padding: padding, ignoringLineBreaks: ignoringLineBreaks)
        }
    }

    /// The text for bytes that are not secret.
    public static func encode(_ bytes: UnsafeRawBufferPointer, alphabet: Alphabet = .standard, padding: Bool = true) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        forEachDigit(of: bytes, alphabet, padding: padding) { text.append($0) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The text for secret bytes, as secret as they are.
    public static func encode(_ secret: Secret, alphabet: Alphabet = .standard, padding: Bool = true) -> Secret {
        secret.withBytes { bytes in
            var buffer = SecretBuffer(capacity: (bytes.count + 2) / 3 * 4)
            forEachDigit(of: bytes, alphabet, padding: padding) { buffer.append($0) }
            return buffer.freeze()
        }
    }

    private static func forEachDigit(
        of bytes: UnsafeRawBufferPointer, _ alphabet: Alphabet, padding: Bool, _ emit: (UInt8) -> Void
    ) {
        var index = 0
        while index < bytes.count {
            let count = min(3, bytes.count - index)
            var bits = UInt32(bytes[index]) << 16
            if count > 1 { bits |= UInt32(bytes[index + 1]) << 8 }
            if count > 2 { bits |= UInt32(bytes[index + 2]) }
            for position in 0..<4 {
                if position <= count {
                    emit(digit(UInt8(truncatingIfNeeded: bits >> (18 - 6 * UInt32(position))) & 63, alphabet))
                } else if padding {
                    emit(UInt8(ascii: "="))
                }
            }
            index += 3
        }
    }

    private static func value(of byte: UInt8, _ alphabet: Alphabet) -> UInt8? {
        if byte.isUpperLetter { return byte - 0x41 }
        if byte.isLowerLetter { return byte - 0x61 + 26 }
        if byte.isDigit { return byte - 0x30 + 52 }
        if byte == (alphabet == .standard ? UInt8(ascii: "+") : UInt8(ascii: "-")) { return 62 }
        return byte == (alphabet == .standard ? UInt8(ascii: "/") : UInt8(ascii: "_")) ? 63 : nil
    }

    private static func digit(_ value: UInt8, _ alphabet: Alphabet) -> UInt8 {
        switch value {
        case 0..<26: value + 0x41
        case 26..<52: value - 26 + 0x61
        case 52..<62: value - 52 + 0x30
        case 62: alphabet == .standard ? UInt8(ascii: "+") : UInt8(ascii: "-")
        default: alphabet == .standard ? UInt8(ascii: "/") : UInt8(ascii: "_")
        }
    }
}
