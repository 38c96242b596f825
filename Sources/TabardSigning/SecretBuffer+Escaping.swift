import TabardCore

extension SecretBuffer {
    /// Appends `secret` with every byte escaped as `%XX` except A-Z a-z 0-9 - . _ ~ (RFC 3986, section 2.3).
    mutating func append(percentEncoding secret: Secret) {
        let digits = Array("0123456789ABCDEF".utf8)
        secret.withBytes { bytes in
            for byte in bytes {
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: append(byte)
                default:
                    append(0x25)
                    append(digits[Int(byte >> 4)])
                    append(digits[Int(byte & 15)])
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
}
