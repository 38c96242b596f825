/// A literal IPv4 address: four decimal numbers without leading zeros, no other spelling.
struct IPv4Address: Hashable {
    /// In host byte order: 127.0.0.1 is 0x7F000001.
    let value: UInt32

    /// Reads the bytes of `range`; nil when they are no address.
    init?(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) {
        var value: UInt32 = 0
        var octet: UInt32 = 0
        var digits = 0
        var dots = 0
        for index in range {
            let byte = bytes[index]
            if byte == UInt8(ascii: ".") {
                guard digits > 0, dots < 3 else { return nil }
                value = value << 8 | octet
                (octet, digits, dots) = (0, 0, dots + 1)
            } else {
                guard byte.isDigit, digits == 0 || octet != 0 else { return nil }
                octet = octet * 10 + UInt32(byte - 0x30)
                digits += 1
                guard octet <= 255 else { return nil }
            }
        }
        guard dots == 3, digits > 0 else { return nil }
        self.value = value << 8 | octet
    }
}
