import TabardCore

/// Reads the shared `config` and `credentials` files ("AWS SDKs and Tools Reference Guide, Format of the shared files").
struct AWSProfileParser {
    /// How profiles are headed.
    enum Kind {
        /// `[profile x]`, and `[default]` with or without the word; other sections are skipped.
        case config
        /// `[x]`.
        case credentials
    }

    private let kind: Kind
    private let file: String
    private var line = 0
    /// By the whole header, so that `[profile default]` and `[default]` stay apart until the end.
    private var sections: [String: AWSProfile] = [:]
    /// `[services x]` and `[sso-session x]` of the config file, by the whole header.
    private(set) var others: [String: AWSProfile] = [:]
    private var section: Section = .none
    private var property: String?

    private enum Section {
        case none
        case skipped
        case profile(String)
        case other(String)
    }

    init(_ kind: Kind, file: String) {
        self.kind = kind
        self.file = file
    }

    /// The profiles by name.
    ///
    /// - Throws: `.invalid` with file and line; nothing of the line is quoted.
    mutating func profiles(in content: Secret) throws(Failure) -> [String: AWSProfile] {
        try content.withBytes { (bytes) throws(Failure) in
            for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
                self.line += 1
                try read(line.last == 0x0D ? line.dropLast() : line)
            }
        }
        if let prefixed = sections.removeValue(forKey: "profile default") { sections["default"] = prefixed }
        return sections
    }

    private typealias Bytes = Slice<UnsafeRawBufferPointer>

    private mutating func read(_ line: Bytes) throws(Failure) {
        guard let first = line.first, !trimmed(line).isEmpty, first != 0x23, first != 0x3B else { return }
        if Self.isBlank(first) {
            try readContinuation(trimmed(line))
        } else if first == 0x5B {
            try readHeader(line)
        } else {
            try readProperty(line)
        }
    }

    private mutating func readHeader(_ line: Bytes) throws(Failure) {
        property = nil
        let name = line.dropFirst().prefix { $0 != 0x5D }
        guard name.endIndex < line.endIndex else { throw failure("a section's name does not end with ]") }
        let words = text(trimmed(name)).split(whereSeparator: \.isWhitespace).map(String.init)
        section = .skipped
        switch (kind, words.count) {
        case (.config, 2) where words[0] == "profile" && isName(words[1]):
            begin(words[1], under: words[1] == "default" ? "profile default" : words[1])
        case (.config, 1) where words[0] == "default", (.credentials, 1) where isName(words[0]):
            begin(words[0], under: words[0])
        case (.config, 2) where ["services", "sso-session"].contains(words[0]) && isName(words[1]):
            let key = "\(words[0]) \(words[1])"
            section = .other(key)
            if others[key] == nil { others[key] = AWSProfile(name: words[1]) }
        default:
            break
        }
    }

    private mutating func begin(_ name: String, under key: String) {
        section = .profile(key)
        if sections[key] == nil { sections[key] = AWSProfile(name: name) }
    }

    private mutating func readProperty(_ line: Bytes) throws(Failure) {
        property = nil
        if case .none = section {
            throw failure("a property stands before the first section", advice: "begin with [default] or [profile NAME]")
        }
        guard let equals = line.firstIndex(of: 0x3D) else { throw failure("there is no = in a property") }
        let name = text(trimmed(line[..<equals])).lowercased()
        guard !name.isEmpty else { throw failure("a property has no name") }
        property = name
        let value = secret(trimmed(withoutComment(line[(equals + 1)...])))
        switch section {
        case .profile(let key): sections[key]?.values[name] = value
        case .other(let key): others[key]?.values[name] = value
        case .none, .skipped: break
        }
    }

    private mutating func readContinuation(_ rest: Bytes) throws(Failure) {
        guard let property else {
            if case .skipped = section { return }
            throw failure("an indented line follows no property")
        }
        let before: Secret?
        switch section {
        case .profile(let key): before = sections[key]?.values[property]
        case .other(let key): before = others[key]?.values[property]
        case .none, .skipped: before = nil
        }
        guard let before else { return }
        var joined = SecretBuffer(capacity: before.count + 1 + rest.count)
        joined.append(before)
        joined.append("\n")
        joined.append(UnsafeRawBufferPointer(rebasing: rest))
        let value = joined.freeze()
        if case .profile(let key) = section { sections[key]?.values[property] = value }
        if case .other(let key) = section { others[key]?.values[property] = value }
    }

    /// Up to a `#` or `;` that white space precedes.
    private func withoutComment(_ value: Bytes) -> Bytes {
        var isBlankBefore = false
        for index in value.indices {
            if isBlankBefore, value[index] == 0x23 || value[index] == 0x3B { return value[..<index] }
            isBlankBefore = Self.isBlank(value[index])
        }
        return value
    }

    private func trimmed(_ bytes: Bytes) -> Bytes {
        let start = bytes.drop(while: Self.isBlank)
        guard let last = start.lastIndex(where: { !Self.isBlank($0) }) else { return start.prefix(0) }
        return start[...last]
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "-_/.%@:+".utf8.contains(byte)
                }
            }
    }

    private func text(_ bytes: Bytes) -> String { String(decoding: bytes, as: UTF8.self) }
    private func secret(_ bytes: Bytes) -> Secret { Secret(copying: UnsafeRawBufferPointer(rebasing: bytes)) }

    private func failure(_ reason: String, advice: String = "") -> Failure {
        Failure(.invalid, attempting: "reading AWS profiles", on: "\(file) line \(line)", reason: reason, advice: advice)
    }
}
