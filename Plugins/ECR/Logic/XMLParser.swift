import TabardCore

/// Reads XML 1.0 without document types, over borrowed bytes.
struct XMLParser {
    private let bytes: UnsafeRawBufferPointer
    private var index = 0
    private var elements = 0

    private static let deepest = 16
    private static let most = 1000

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func document() throws(Failure) -> XMLElement {
        try skipMisc()
        guard peek("<") else { throw failure("an element was expected") }
        let root = try element(depth: 0)
        try skipMisc()
        guard index == bytes.count else { throw failure("something follows the last element") }
        return root
    }

    private mutating func element(depth: Int) throws(Failure) -> XMLElement {
        elements += 1
        guard depth < Self.deepest, elements <= Self.most else { throw failure("too many elements") }
        index += 1
        let name = try name()
        guard try !skipAttributes() else { return XMLElement(name: name, text: Secret(""), children: []) }
        var text = SecretBuffer(capacity: 64)
        var children: [XMLElement] = []
        while index < bytes.count {
            if peek("</") {
                index += 2
                guard try self.name() == name else { throw failure("<\(name)> is closed by another name") }
                skipSpace()
                guard take(">") else { throw failure("> was expected") }
                return XMLElement(name: name, text: text.freeze(), children: children)
            } else if peek("<!--") {
                try skip(past: "-->")
            } else if peek("<![CDATA[") {
                index += 9
                let start = index
                try skip(past: "]]>")
                text.append(UnsafeRawBufferPointer(rebasing: bytes[start..<(index - 3)]))
            } else if peek("<?") {
                try skip(past: "?>")
            } else if peek("<") {
                children.append(try element(depth: depth + 1))
            } else if peek("&") {
                try reference(into: &text)
            } else {
                text.append(bytes[index])
                index += 1
            }
        }
        throw failure("<\(name)> is not closed")
    }

    /// Skips up to the end of a start tag. True when the element is empty (`/>`).
    private mutating func skipAttributes() throws(Failure) -> Bool {
        while true {
            skipSpace()
            if take("/>") { return true }
            if take(">") { return false }
            _ = try name()
            skipSpace()
            guard take("=") else { throw failure("= was expected") }
            skipSpace()
            guard index < bytes.count, bytes[index] == 0x22 || bytes[index] == 0x27 else { throw failure("a quote was expected") }
            let quote = bytes[index]
            index += 1
            while index < bytes.count, bytes[index] != quote, bytes[index] != 0x3C { index += 1 }
            guard index < bytes.count, bytes[index] == quote else { throw failure("an attribute does not end") }
            index += 1
        }
    }

    private mutating func reference(into text: inout SecretBuffer) throws(Failure) {
        let start = index + 1
        guard let end = bytes[start...].prefix(12).firstIndex(of: 0x3B) else { throw failure("a reference does not end") }
        let name = String(decoding: bytes[start..<end], as: UTF8.self)
        switch name {
        case "lt": text.append("<")
        case "gt": text.append(">")
        case "amp": text.append("&")
        case "quot": text.append("\"")
        case "apos": text.append("'")
        default:
            let number = name.hasPrefix("#x") ? UInt32(name.dropFirst(2), radix: 16) : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
            guard let scalar = number.flatMap(Unicode.Scalar.init), scalar.value != 0 else { throw failure("an unknown reference") }
            text.append(String(scalar))
        }
        index = end + 1
    }

    private mutating func name() throws(Failure) -> String {
        let start = index
        while index < bytes.count, Self.isNameByte(bytes[index]) { index += 1 }
        guard index > start, index - start <= 128 else { throw failure("a name was expected") }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x3A, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x80...0xFF: true
        default: false
        }
    }

    /// White space, comments and processing instructions around the root.
    private mutating func skipMisc() throws(Failure) {
        if peek("\u{FEFF}") { index += 3 }
        while true {
            skipSpace()
            if peek("<?") { try skip(past: "?>") } else if peek("<!--") { try skip(past: "-->") } else { return }
        }
    }

    private mutating func skipSpace() {
        while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
    }

    private mutating func skip(past end: String) throws(Failure) {
        while index < bytes.count {
            if take(end) { return }
            index += 1
        }
        throw failure("\(end) was expected")
    }

    private func peek(_ text: String) -> Bool { bytes[index...].starts(with: text.utf8) }

    private mutating func take(_ text: String) -> Bool {
        guard peek(text) else { return false }
        index += text.utf8.count
        return true
    }

    private func failure(_ reason: String) -> Failure {
        Failure(.badResponse, attempting: "reading XML", on: "byte \(index)", reason: reason)
    }
}
