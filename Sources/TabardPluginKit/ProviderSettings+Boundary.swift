internal import CTabard
internal import TabardCore

extension ProviderSettings {
    /// Reads what the host passed to create(), and checks every key against the description.
    ///
    /// - Throws: `.invalid` naming the key: it is not described, it came twice, or its value is of another kind.
    init(_ config: UnsafePointer<tabard_config_v1>?, of descriptor: ProviderDescriptor) throws(Failure) {
        guard let config = filledPart(of: config, tabard_config_v1()) else {
            throw Failure(.invalid, attempting: "reading settings", reason: "the host passed none, not even an empty list")
        }
        var described: [String: SettingDescription] = [:]
        for setting in descriptor.settings { described[setting.key] = setting }
        // Every provider accepts the operator's patterns (tabard.h, tabard_config_v1).
        if described["matchImages"] == nil {
            described["matchImages"] = SettingDescription("matchImages", "", kind: .pattern, isRepeated: true)
        }
        var texts: [String: String] = [:]
        var secrets: [String: Secret] = [:]
        for pair in try config.settings.pairs("settings") {
            guard let key = try pair.key.text("the key of a setting") else {
                throw Failure(.invalid, attempting: "reading settings", reason: "one has no key")
            }
            guard let setting = described[Self.described(key)], setting.isRepeated || !Self.isElement(key) else {
                throw Self.unknown(key, of: descriptor, described: described.keys.sorted())
            }
            guard texts[key] == nil, secrets[key] == nil else {
                throw Failure(.invalid, attempting: "reading settings", on: key, reason: "it is given twice", advice: "remove one")
            }
            if setting.isSecret {
                secrets[key] = try pair.value.secret("the value of \(key)") ?? Secret("")
            } else {
                let text = try pair.value.text("the value of \(key)") ?? ""
                if let wanted = setting.kind.wanted(insteadOf: text) {
                    throw Failure(
                        .invalid, attempting: "reading settings", on: key, reason: "\"\(text.prefix(200))\" is not \(wanted)",
                        advice: setting.doc)
                }
                texts[key] = text
            }
        }
        self.init(texts, secrets: secrets)
    }

    private static func unknown(_ key: String, of descriptor: ProviderDescriptor, described: [String]) -> Failure {
        let nearest = NearestName.to(Self.described(key), among: described)
        return Failure(
            .invalid, attempting: "reading settings", on: key, reason: "\(descriptor.id) has no such setting",
            advice: nearest.map { "did you mean \($0)?" } ?? "use one of: \(described.joined(separator: ", "))")
    }

    /// The key as descriptions write it: list positions left out, except in front, where none belongs.
    private static func described(_ key: String) -> String {
        let parts = key.split(separator: ".", omittingEmptySubsequences: false)
        return parts.enumerated().filter { $0.offset == 0 || !isPosition($0.element) }.map(\.element).joined(separator: ".")
    }

    /// Whether the key names an element of a list of plain values: it ends in a position.
    private static func isElement(_ key: String) -> Bool { isPosition(key.split(separator: ".").last ?? "") }

    private static func isPosition(_ part: Substring) -> Bool {
        !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}

extension SettingDescription.Kind {
    /// What the value should have been; nil when it is of this kind.
    fileprivate func wanted(insteadOf text: String) -> String? {
        switch self {
        case .flag: text == "true" || text == "false" ? nil : "true or false"
        case .number: Int64(text) == nil ? "a whole number" : nil
        case .path: text.hasPrefix("/") ? nil : "an absolute path"
        case .duration: (try? GoDuration.parse(text)) == nil ? "a duration such as 90s or 1h30m" : nil
        case .url: (try? WebURL(text)) == nil ? "an http or https URL" : nil
        case .pattern: (try? ImagePattern(text)) == nil ? "a match pattern" : nil
        case .text: nil
        }
    }

    /// Its number at the boundary.
    var number: Int32 {
        let kind: tabard_setting_kind =
            switch self {
            case .text: TABARD_SETTING_TEXT
            case .flag: TABARD_SETTING_FLAG
            case .number: TABARD_SETTING_NUMBER
            case .duration: TABARD_SETTING_DURATION
            case .url: TABARD_SETTING_URL
            case .path: TABARD_SETTING_PATH
            case .pattern: TABARD_SETTING_PATTERN
            }
        return kind.rawValue
    }
}
