import TabardCore

extension SecretBuffer {
    /// Appends `value` with every byte escaped as `%XX` except A-Z a-z 0-9 - . _ ~ (RFC 3986, section 2.3) and, in paths, the slash.
    mutating func append(percentEncoding value: FieldValue, keepingSlashes: Bool = false) {
        value.withBytes { bytes in
            for byte in bytes {
                if byte.isAlphanumeric || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte) || keepingSlashes && byte == 0x2F {
                    append(byte)
                } else {
                    append(percentEscaped: byte)
                }
            }
        }
    }

    /// Appends `value` as a form field is written: a space as `+`, everything escaped except A-Z a-z 0-9 * - . _ (WHATWG URL, section 5.2,
    /// to which RFC 6749, appendix B, comes down).
    mutating func append(formEncoding value: FieldValue) {
        value.withBytes { bytes in
            for byte in bytes {
                if byte == 0x20 {
                    append(0x2B)
                } else if byte.isAlphanumeric || [0x2A, 0x2D, 0x2E, 0x5F].contains(byte) {
                    append(byte)
                } else {
                    append(percentEscaped: byte)
                }
            }
        }
    }

    /// Appends `value` without the white space around it, and with every run of white space inside as one space.
    mutating func append(collapsing value: FieldValue) {
        value.withBytes { bytes in
            var isPending = false
            var isFirst = true
            for byte in bytes {
                if byte == 0x20 || (0x09...0x0D).contains(byte) {
                    isPending = true
                    continue
                }
                if isPending && !isFirst { append(0x20) }
                isPending = false
                isFirst = false
                append(byte)
            }
        }
    }

    private mutating func append(percentEscaped byte: UInt8) {
        append(0x25)
        for digit in [byte >> 4, byte & 15] { append(digit < 10 ? 0x30 + digit : 0x37 + digit) }
    }
}

extension UInt8 {
    fileprivate var isAlphanumeric: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }
}

extension String {
    /// The text with everything but the unreserved characters escaped; see `SecretBuffer.append(percentEncoding:)`.
    func percentEncoded(keepingSlashes: Bool = false) -> String {
        var buffer = SecretBuffer(capacity: utf8.count)
        buffer.append(percentEncoding: .text(self), keepingSlashes: keepingSlashes)
        return buffer.withBytes { String(decoding: $0, as: UTF8.self) }
    }
}
