extension JSONParser {
    /// Reads a string or name; `position` is at its quotation mark.
    mutating func readString(as kind: TapeEntry.Kind) throws(JSONError) {
        let start = position + 1
        var flags: TapeEntry.Flags = []
        position = start
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                try append(kind, flags: flags, start: start, end: position)
                position += 1
                return
            case UInt8(ascii: "\\"):
                flags.insert(.hasEscapes)
                if try skipEscape() == 0 { flags.insert(.hasNUL) }
            case 0..<0x20:
                throw error("control character U+\(hexadecimal(bytes[position])) inside a string: write it as an escape")
            case 0x20..<0x80:
                position += 1
            default:
                guard let length = UTF8Sequence.length(in: bytes, at: position) else { throw error("\(found) is not UTF-8 here") }
                position += length
            }
        }
        throw error("the string that starts at \(JSONPosition(offset: start - 1, in: bytes)) does not end")
    }

    /// Goes past an escape, both halves of a surrogate pair included, and gives the first code unit of a `\u`, else 1.
    private mutating func skipEscape() throws(JSONError) -> UInt16 {
        let start = position
        position += 1
        guard position < bytes.count else { throw error(expected("an escape after '\\'")) }
        switch bytes[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
            return 1
        case UInt8(ascii: "u"):
            position += 1
        default:
            throw error(expected("one of \" \\ / b f n r t u after '\\'"))
        }
        let unit = try readHexadecimal()
        if 0xDC00..<0xE000 ~= unit { throw error("low surrogate without a high one before it", at: start) }
        guard 0xD800..<0xDC00 ~= unit else { return unit }
        guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u") else {
            throw error("high surrogate without a low one after it", at: start)
        }
        position += 2
        guard 0xDC00..<0xE000 ~= (try readHexadecimal()) else {
            throw error("high surrogate without a low one after it", at: start)
        }
        return unit
    }

    private mutating func readHexadecimal() throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard position < bytes.count, let digit = bytes[position].hexadecimalValue else {
                throw error(expected("four hexadecimal digits after '\\u'"))
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }

    /// Reads a number: RFC 8259 section 6.
    mutating func readNumber() throws(JSONError) {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        if position < bytes.count, bytes[position] == UInt8(ascii: "0") {
            position += 1
            if position < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[position] {
                throw error("a number may not start with 0 and another digit", at: start)
            }
        } else {
            try readDigits()
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            try readDigits()
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") { position += 1 }
            try readDigits()
        }
        try append(.number, start: start, end: position)
    }

    private mutating func readDigits() throws(JSONError) {
        let start = position
        while position < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[position] { position += 1 }
        if position == start { throw error(expected("a digit")) }
    }

    private func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "000" : "00") + String(byte, radix: 16, uppercase: true) }
}
