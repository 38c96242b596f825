extension String {
    /// The same text with control characters (line breaks, ANSI escapes, bidirectional overrides) written as `\u{…}`.
    ///
    /// Everything that a registry, a cloud or a file said goes through this before a person's terminal sees it.
    public func escapingControlCharacters() -> String {
        guard unicodeScalars.contains(where: \.isUnsafeToPrint) else { return self }
        var safe = ""
        for scalar in unicodeScalars {
            if scalar.isUnsafeToPrint {
                safe += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }
}

extension Unicode.Scalar {
    /// C0, DEL, C1, the line separators and the bidirectional controls (Unicode 16, sections 23.1 and 23.2).
    fileprivate var isUnsafeToPrint: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028...0x2029, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
