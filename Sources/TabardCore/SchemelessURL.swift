/// `host[:port][/path]` as the kubelet reads patterns and images: with `https://` put in front and given to Go's URL parser.
///
/// The rules here are those of Go 1.26's net/url, which the kubelet is built with, for the texts whose outcome can matter.
struct SchemelessURL: Hashable {
    /// The host without its port; an IPv6 address has its brackets only when there is no port (Go's SplitHostPort).
    let host: String
    /// The digits after the last colon, or empty.
    let port: String
    /// The path with its escapes decoded: empty or starting with a slash.
    let path: String
    /// Whether something before an `@` was dropped.
    let hasUserinfo: Bool
    /// Whether something from a `?` or `#` on was dropped.
    let hasQueryOrFragment: Bool

    /// Host with port as Go's `URL.Host` has them.
    var authority: String {
        guard !port.isEmpty else { return host }
        return host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Reads it, or throws why Go's parser would refuse it.
    init(_ text: String) throws(Refusal) {
        let bytes = text.utf8.span
        var end = bytes.count
        var authorityEnd: Int?
        var at: Int?
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
            }
        }
        hasQueryOrFragment = end < bytes.count
        hasUserinfo = at != nil
        let hostStart = at.map { $0 + 1 } ?? 0
        let hostEnd = authorityEnd ?? end
        (host, port) = try Self.split(text, bytes, hostStart..<hostEnd)
        let path = text.slice(hostEnd..<end)
        guard path.utf8.contains(UInt8(ascii: "%")) else {
            self.path = path
            return
        }
        guard let decoded = PercentEncoding.decode(path) else { throw Refusal("its path has a broken %-escape") }
        self.path = decoded
    }

    /// Why a text is refused.
    struct Refusal: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    private static func split(
        _ text: String, _ bytes: borrowing Span<UInt8>, _ range: Range<Int>
    ) throws(Refusal) -> (host: String, port: String) {
        var hostEnd = range.upperBound
        if let first = range.first, bytes[first] == UInt8(ascii: "[") {
            var close = range.upperBound - 1
            while close > first, bytes[close] != UInt8(ascii: "]") { close -= 1 }
            guard close > first else { throw Refusal("its host has no ']'") }
            guard IPv6Address(bytes, (first + 1)..<close) != nil else { throw Refusal("its host is no IPv6 address in brackets") }
            if close + 1 == range.upperBound { return (text.slice(range), "") }
            guard bytes[close + 1] == UInt8(ascii: ":") else { throw Refusal("expected ':' and a port behind ']'") }
            try checkPort(bytes, (close + 2)..<range.upperBound)
            if close + 2 == range.upperBound { return (text.slice(first..<(close + 1)), "") }
            return (text.slice((first + 1)..<close), text.slice((close + 2)..<range.upperBound))
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
        let port = hostEnd < range.upperBound ? text.slice((hostEnd + 1)..<range.upperBound) : ""
        return (text.slice(range.lowerBound..<hostEnd), port)
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
