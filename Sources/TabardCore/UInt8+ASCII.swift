/// The classes of ASCII bytes that the grammars here are made of. Bytes above 0x7F belong to none.
extension UInt8 {
    var isDigit: Bool { self &- 0x30 < 10 }
    var isLowerLetter: Bool { self &- 0x61 < 26 }
    var isUpperLetter: Bool { self &- 0x41 < 26 }
    var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }
    var isLetterOrDigit: Bool { isLetter || isDigit }
    var isLowerHex: Bool { isDigit || self &- 0x61 < 6 }
    /// C0 or DEL.
    var isControl: Bool { self < 0x20 || self == 0x7F }
    /// Unreserved in RFC 3986, section 2.3.
    var isUnreserved: Bool {
        isLetterOrDigit || self == UInt8(ascii: "-") || self == UInt8(ascii: ".") || self == UInt8(ascii: "_") || self == UInt8(ascii: "~")
    }
    /// The value of a hexadecimal digit of either case.
    var hexValue: UInt8? {
        if isDigit { return self &- 0x30 }
        let letter = (self | 0x20) &- 0x61
        return letter < 6 ? letter + 10 : nil
    }
    var lowercased: UInt8 { isUpperLetter ? self | 0x20 : self }
    /// The digit for 0 to 15.
    static func hexDigit(_ value: UInt8, uppercase: Bool = false) -> UInt8 {
        value < 10 ? 0x30 + value : (uppercase ? 0x41 : 0x61) + value - 10
    }
}
