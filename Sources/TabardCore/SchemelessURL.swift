/// `host[:port][/path]` as the kubelet reads patterns and images: with `https://` put in front and given to Go's URL parser.
///
/// The rules here are those of Go 1.26's net/url, which the kubelet is built with, for the texts whose outcome can matter.
struct SchemelessURL: Sendable {
    /// What the ranges are of: the text as it was given, or, where its path has escapes, what they stand for.
    let text: String
    /// The host without its port; an IPv6 address has its brackets only when there is no port (Go's SplitHostPort).
    let hostRange: Range<Int>
    /// The digits after the last colon, or nothing.
    let portRange: Range<Int>
    /// The path with its escapes decoded: nothing, or starting with a slash.
    let pathRange: Range<Int>
    /// Whether something before an `@` was dropped.
    let hasUserinfo: Bool
    /// Whether something from a `?` or `#` on was dropped.
    let hasQueryOrFragment: Bool

    /// The bytes of `hostRange`.
    var host: String { text.slice(hostRange) }
    /// The bytes of `portRange`.
    var port: String { text.slice(portRange) }
    /// The bytes of `pathRange`.
    var path: String { text.slice(pathRange) }

    /// Host with port as Go's `URL.Host` has them.
    var authority: String {
        guard !portRange.isEmpty else { return host }
        return host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Whether nothing of the text was dropped or decoded.
    var isWhole: Bool {
        let portEnd = portRange.isEmpty ? hostRange.upperBound : portRange.upperBound
        return !hasUserinfo && !hasQueryOrFragment && pathRange.lowerBound == portEnd
    }

    /// Reads it, or throws why Go's parser would refuse it.
    init(_ text: String) throws(Refusal) {
        let bytes = text.utf8.span
        var end = bytes.count
        var authorityEnd: Int?
        var at: Int?
        var hasEscapes = false
        for index in 0..<bytes.count {
            let byte = bytes[index]
            if byte.isControl { throw Refusal("it has a control character at byte \(index + 1)") }
            if byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") {
                end = index
                break
            }
            if authorityEnd == nil {
                if byte == UInt8(ascii: "/") { authorityEnd = index }
                if byte == UInt8(ascii: "@") { at = index }
            } else if byte == UInt8(ascii: "%") {
                hasEscapes = true
            }
        }
        hasQueryOrFragment = end < bytes.count
        hasUserinfo = at != nil
        let hostStart = at.map { $0 + 1 } ?? 0
        let hostEnd = authorityEnd ?? end
        (hostRange, portRange) = try Self.split(bytes, hostStart..<hostEnd)
        guard hasEscapes else {
            self.text = text
            pathRange = hostEnd..<end
            return
        }
        guard let path = PercentEncoding.decode(text.slice(hostEnd..<end)) else { throw Refusal("its path has a broken %-escape") }
        self.text = text.slice(0..<hostEnd) + path
        pathRange = hostEnd..<(hostEnd + path.utf8.count)
    }

    /// Why a text is refused.
    struct Refusal: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    private static func split(
        _ bytes: borrowing Span<UInt8>, _ range: Range<Int>
    ) throws(Refusal) -> (host: Range<Int>, port: Range<Int>) {
        var hostEnd = range.upperBound
        if let first = range.first, bytes[first] == UInt8(ascii: "[") {
            var close = range.upperBound - 1
            while close > first, bytes[close] != UInt8(ascii: "]") { close -= 1 }
            guard close > first else { throw Refusal("its host has no ']'") }
            guard IPv6Address(bytes, (first + 1)..<close) != nil else { throw Refusal("its host is no IPv6 address in brackets") }
            let none = range.upperBound..<range.upperBound
            if close + 1 == range.upperBound { return (range, none) }
            guard bytes[close + 1] == UInt8(ascii: ":") else { throw Refusal("expected ':' and a port behind ']'") }
            try checkPort(bytes, (close + 2)..<range.upperBound)
            if close + 2 == range.upperBound { return (first..<(close + 1), none) }
            return ((first + 1)..<close, (close + 2)..<range.upperBound)
        }
        for index in range {
            let byte = bytes[index]
            if byte == UInt8(ascii: ":") {
                hostEnd = index
                try checkPort(bytes, (index + 1)..<range.upperBound)
                break
            }
            guard isHostByte(byte) else {
                throw Refusal("its host has a character at byte \(index + 1) that no host may have: \(Unicode.Scalar(byte))")
            }
        }
        return (range.lowerBound..<hostEnd, min(hostEnd + 1, range.upperBound)..<range.upperBound)
    }

    private static func checkPort(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) throws(Refusal) {
        for index in range where !bytes[index].isDigit { throw Refusal("its port has something else than digits at byte \(index + 1)") }
    }

    /// What Go allows in a host: sub-delimiters, `<>"`, `]` and everything that is not ASCII; a `[` only in front.
    private static func isHostByte(_ byte: UInt8) -> Bool {
        if byte.isUnreserved || byte >= 0x80 { return true }
        switch byte {
        case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"),
            UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "="), UInt8(ascii: "]"),
            UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""):
            return true
        default: return false
        }
    }
}
