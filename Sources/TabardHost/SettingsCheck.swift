package import TabardConfig
package import TabardCore

/// Compares what the operator set with what the provider says it understands.
package enum SettingsCheck {
    /// The settings as the plugin gets them, the operator's patterns among them as `matchImages.N`.
    ///
    /// - Throws: `.invalid` with the place of the first setting that is unknown or malformed; values of secret ones are not repeated.
    package static func settings(
        of configuration: ProviderConfiguration, for provider: ProviderManifest
    ) throws(Failure) -> [(key: String, value: String)] {
        var result: [(key: String, value: String)] = []
        for setting in configuration.settings {
            guard let description = description(of: setting.key, in: provider) else {
                let known = provider.settings.map(\.key) + ["matchImages"]
                let nearest = NearestName.to(setting.key, among: known)
                throw setting.failure(
                    "is unknown to the provider \(provider.id)",
                    advice: nearest.map { "did you mean \"\($0)\"?" } ?? "it understands: \(known.sorted().joined(separator: ", "))")
            }
            let isElement = setting.key.split(separator: ".").contains { Int($0) != nil }
            guard !isElement || description.isRepeated else { throw setting.failure("takes one value, not a list") }
            if let complaint = complaint(about: setting.value, as: description.kind) { throw setting.failure(complaint) }
            // A list of one may be written without brackets.
            let isBare = description.isRepeated && !isElement
            result.append((isBare ? "\(setting.key).0" : setting.key, setting.value))
        }
        for (index, pattern) in configuration.matchImages.enumerated() { result.append(("matchImages.\(index)", pattern.text)) }
        return result
    }

    private static func description(of key: String, in provider: ProviderManifest) -> SettingDescription? {
        let wanted = withoutIndices(key)
        return provider.settings.first { withoutIndices($0.key) == wanted }
    }

    /// `rules.0.match` is described as `rules.match`.
    private static func withoutIndices(_ key: String) -> [Substring] {
        key.split(separator: ".", omittingEmptySubsequences: false).filter { Int($0) == nil }
    }

    /// What is wrong with a value, without the value.
    private static func complaint(about value: String, as kind: SettingDescription.Kind) -> String? {
        switch kind {
        case .text: return nil
        case .path: return value.isEmpty ? "must not be empty" : nil
        case .flag: return value == "true" || value == "false" ? nil : "must be true or false"
        case .number: return Double(value)?.isFinite == true ? nil : "must be a number"
        case .duration:
            do { _ = try GoDuration.parse(value) } catch { return "must be a duration such as 90s or 1h30m: \(error.reason)" }
        case .url:
            do { _ = try WebURL(value) } catch { return "must be an http or https URL: \(error.reason)" }
        case .pattern:
            do { _ = try ImagePattern(value) } catch { return "must be a pattern: \(error.reason)" }
        }
        return nil
    }
}
