/// `host[:port][/path]` cut into what the index looks things up by.
struct HostShape {
    /// The labels of the host.
    let labels: [Substring]
    /// With its colon; empty when there is none.
    let port: Substring
    /// Empty or starting with a slash.
    let path: Substring

    /// nil for texts that do not mean what they say: escapes, users, queries, letters that equal others in a table but not as bytes, and
    /// more labels than a mask has bits. The caller looks at every key then.
    init?(_ text: String) {
        for byte in text.utf8
        where byte >= 0x80 || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "@") || byte == UInt8(ascii: "?")
            || byte == UInt8(ascii: "#")
        {
            return nil
        }
        let pathStart = text.utf8.firstIndex(of: UInt8(ascii: "/")) ?? text.endIndex
        path = text[pathStart...]
        var host = text[..<pathStart]
        var port = Substring()
        if host.utf8.first == UInt8(ascii: "[") {
            guard let end = host.utf8.lastIndex(of: UInt8(ascii: "]")) else { return nil }
            let behind = host.utf8.index(after: end)
            port = host[behind...]
            // As Go's SplitHostPort: the brackets go when a port is split off.
            host = port.isEmpty ? host : host[host.utf8.index(after: host.startIndex)..<end]
        } else if let colon = host.utf8.firstIndex(of: UInt8(ascii: ":")) {
            port = host[colon...]
            host = host[..<colon]
        }
        // "r.io:" is "r.io".
        self.port = port == ":" ? Substring() : port
        labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count <= 64 else { return nil }
    }

    /// Which labels are a star; nil when a star is only a part of a label, which no table can look up.
    var starMask: UInt64? {
        var mask: UInt64 = 0
        for (index, label) in labels.enumerated() where label.utf8.contains(UInt8(ascii: "*")) {
            guard label == "*" else { return nil }
            mask |= 1 << UInt64(index)
        }
        return mask
    }

    /// Host and port with a star in place of each label of the mask.
    func masked(_ mask: UInt64) -> String {
        var text = ""
        for (index, label) in labels.enumerated() {
            if index > 0 { text += "." }
            text += mask & (1 << UInt64(index)) != 0 ? "*" : label
        }
        return text + port
    }
}
