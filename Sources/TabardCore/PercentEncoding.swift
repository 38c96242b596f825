/// Percent-encoding of text that is not secret (RFC 3986, section 2.1).
public enum PercentEncoding {
    /// The UTF-8 bytes of `text` with everything escaped, in upper-case hexadecimal, except A-Z a-z 0-9 `-._~` and the ASCII characters of
    /// `keeping` (`"/"` for a path).
    public static func encode(_ text: String, keeping: String = "") -> String {
        guard !text.utf8.allSatisfy({ $0.isUnreserved }) else { return text }
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count * 3)
        for byte in text.utf8 {
            if byte.isUnreserved || keeping.utf8.contains(byte) {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), .hexDigit(byte >> 4, uppercase: true), .hexDigit(byte & 15, uppercase: true)]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// The text without its escapes; nil when one is broken or the bytes are no UTF-8. A `+` stays a plus.
    public static func decode(_ text: String) -> String? {
        let bytes = text.utf8.span
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%") {
                guard index + 2 < bytes.count, let high = bytes[index + 1].hexValue, let low = bytes[index + 2].hexValue else { return nil }
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }

    /// Appends `bytes` as a name or value of a form (WHATWG URL, application/x-www-form-urlencoded): escaped like `encode`, with a space
    /// as `+`. Secret bytes go only to `buffer`.
    public static func appendForm(_ bytes: UnsafeRawBufferPointer, to buffer: inout SecretBuffer) {
        for byte in bytes {
            if byte.isUnreserved {
                buffer.append(byte)
            } else if byte == UInt8(ascii: " ") {
                buffer.append(UInt8(ascii: "+"))
            } else {
                buffer.append(UInt8(ascii: "%"))
                buffer.append(UInt8.hexDigit(byte >> 4, uppercase: true))
                buffer.append(UInt8.hexDigit(byte & 15, uppercase: true))
            }
        }
    }
}
