extension WebURL {
    /// Longer ones are refused. Signed download URLs have up to 4 KiB.
    static let maximumLength = 16384

    /// Reads an absolute URL. A fragment is dropped; user information, another scheme, and bytes that RFC 3986 does not allow are refused.
    ///
    /// Throws `.invalid`; the failure shows the text without user information and with its query redacted.
    public init(_ text: String) throws(Failure) {
        let bytes = text.utf8.span
        let scheme: Scheme
        var start: Int
        if Self.hasPrefix(bytes, "https://") {
            (scheme, start) = (.https, 8)
        } else if Self.hasPrefix(bytes, "http://") {
            (scheme, start) = (.http, 7)
        } else {
            throw Self.refused(text, "it must start with https:// or http://")
        }
        try self.init(text, scheme: scheme, from: start)
    }

    /// Reads authority, path and query from byte `start` on.
    init(_ text: String, scheme: Scheme, from start: Int) throws(Failure) {
        let bytes = text.utf8.span
        guard bytes.count <= Self.maximumLength else { throw Self.refused(text, "it is longer than \(Self.maximumLength) bytes") }
        var authorityEnd = start
        scan: while authorityEnd < bytes.count {
            switch bytes[authorityEnd] {
            case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"): break scan
            case UInt8(ascii: "@"): throw Self.refused(text, "it has a user or password in it", "give credentials another way")
            default: authorityEnd += 1
            }
        }
        let (host, port) = try Self.authority(text, bytes, start..<authorityEnd)
        let (path, query) = try Self.pathAndQuery(text, bytes, from: authorityEnd)
        self.init(scheme: scheme, host: host, explicitPort: port, path: path.isEmpty ? "/" : path, query: query)
    }

    static func hasPrefix(_ bytes: borrowing Span<UInt8>, _ prefix: StaticString) -> Bool {
        guard bytes.count >= prefix.utf8CodeUnitCount else { return false }
        return prefix.withUTF8Buffer { expected in
            for index in 0..<expected.count where bytes[index].lowercased != expected[index] { return false }
            return true
        }
    }

    /// Path and query from `start` to the end or the `#`, checked byte by byte.
    static func pathAndQuery(
        _ text: String, _ bytes: borrowing Span<UInt8>, from start: Int
    ) throws(Failure) -> (path: String, query: String?) {
        var question: Int?
        var end = bytes.count
        for index in start..<bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "#") {
                end = index
                break
            }
            if byte == UInt8(ascii: "?"), question == nil { question = index }
            guard isURLByte(byte) else {
                throw refused(text, "byte \(index + 1) is a character that a URL may not have", "write it as a %-escape")
            }
            if byte == UInt8(ascii: "%") {
                guard index + 2 < bytes.count, bytes[index + 1].hexValue != nil, bytes[index + 2].hexValue != nil else {
                    throw refused(text, "the %-escape at byte \(index + 1) is broken")
                }
            }
        }
        let query = question.map { text.slice(($0 + 1)..<end) }
        return (text.slice(start..<(question ?? end)), query)
    }

    private static func authority(
        _ text: String, _ bytes: borrowing Span<UInt8>, _ range: Range<Int>
    ) throws(Failure) -> (host: String, port: Int?) {
        var hostEnd = range.lowerBound
        let host: String
        if let first = range.first, bytes[first] == UInt8(ascii: "[") {
            while hostEnd < range.upperBound, bytes[hostEnd] != UInt8(ascii: "]") { hostEnd += 1 }
            guard hostEnd < range.upperBound, let address = IPv6Address(bytes, (first + 1)..<hostEnd) else {
                throw refused(text, "its host is no IPv6 address in brackets without a zone")
            }
            host = address.text
            hostEnd += 1
            guard hostEnd == range.upperBound || bytes[hostEnd] == UInt8(ascii: ":") else {
                throw refused(text, "expected ':' or '/' behind ']'")
            }
        } else {
            while hostEnd < range.upperBound, bytes[hostEnd] != UInt8(ascii: ":") { hostEnd += 1 }
            host = try Self.name(text, bytes, range.lowerBound..<hostEnd)
        }
        guard hostEnd + 1 < range.upperBound else { return (host, nil) }
        var port = 0
        for index in (hostEnd + 1)..<range.upperBound {
            guard bytes[index].isDigit else { throw refused(text, "its port has something else than digits") }
            port = min(port * 10 + Int(bytes[index] - 0x30), 65536)
        }
        guard (1...65535).contains(port) else { throw refused(text, "its port is not between 1 and 65535") }
        return (host, port)
    }

    /// A host name of letters, digits, '-' and '_', or an IPv4 address.
    ///
    /// A name whose last label is a number is refused unless it is a plain IPv4 address: resolvers read `2130706433`, `0x7f.1` and
    /// `0177.0.0.1` as addresses, which would get around checks on the text.
    private static func name(_ text: String, _ bytes: borrowing Span<UInt8>, _ range: Range<Int>) throws(Failure) -> String {
        guard !range.isEmpty else { throw refused(text, "it has no host") }
        guard range.count <= 254 else { throw refused(text, "its host is longer than 253 bytes") }
        var labelStart = range.lowerBound
        var lastLabel = range
        var hasUpper = false
        for index in range.lowerBound...range.upperBound {
            let byte = index < range.upperBound ? bytes[index] : UInt8(ascii: ".")
            if byte == UInt8(ascii: ".") {
                if index == labelStart, index == range.upperBound, index > range.lowerBound { break }
                guard (1...63).contains(index - labelStart) else { throw refused(text, "its host has a label of no or more than 63 bytes") }
                lastLabel = labelStart..<index
                labelStart = index + 1
            } else {
                guard byte.isLetterOrDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") else {
                    throw refused(text, "its host has a character at byte \(index + 1) that no host name has")
                }
                if byte.isUpperLetter { hasUpper = true }
            }
        }
        if isNumber(bytes, lastLabel), IPv4Address(bytes, range) == nil {
            throw refused(text, "its host is an address in an unusual spelling", "write it as four decimal numbers")
        }
        let host = text.slice(range)
        return hasUpper ? host.lowercased() : host
    }

    private static func isNumber(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
        let isHexadecimal = range.count >= 2 && bytes[range.lowerBound] == 0x30 && bytes[range.lowerBound + 1] | 0x20 == UInt8(ascii: "x")
        for index in range.dropFirst(isHexadecimal ? 2 : 0) {
            guard isHexadecimal ? bytes[index].hexValue != nil : bytes[index].isDigit else { return false }
        }
        return true
    }

    /// Unreserved, reserved (without `#`) and `%` of RFC 3986.
    private static func isURLByte(_ byte: UInt8) -> Bool {
        if byte.isLetterOrDigit { return true }
        switch byte {
        case 0x21, 0x24...0x2F, 0x3A, 0x3B, 0x3D, 0x3F, 0x40, 0x5B, 0x5D, 0x5F, 0x7E: return true
        case UInt8(ascii: "%"): return true
        default: return false
        }
    }

    static func refused(_ text: String, _ reason: String, _ advice: String = "") -> Failure {
        Failure(.invalid, attempting: "reading a URL", on: redacting(text).quotedInFailure, reason: reason, advice: advice)
    }
}
