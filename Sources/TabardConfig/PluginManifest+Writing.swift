import TabardCore
import TabardJSON

extension PluginManifest {
    /// The file's bytes: members in a fixed order, so that the same plugin gives the same bytes.
    public func write() -> [UInt8] {
        var json = JSONWriter(.pretty)
        json.object { json in
            json.field("schema", Self.schema)
            json.field("version", version)
            json.field("vendor", vendor)
            json.field("abiMinor", abiMinor)
            json.array("providers") { json in
                for provider in providers { json.object { json in Self.write(provider, to: &json) } }
            }
        }
        return json.finishBytes(newline: true)
    }

    private static func write(_ provider: ProviderManifest, to json: inout JSONWriter) {
        json.field("id", provider.id)
        json.field("title", provider.title)
        json.field("patterns", provider.patterns.map(\.text))
        let flags = [
            provider.isConcurrent ? "concurrent" : nil, provider.matchesAny ? "matchAny" : nil,
            provider.usesServiceAccount ? "usesServiceAccount" : nil,
        ]
        json.field("flags", flags.compactMap { $0 })
        json.array("settings") { json in
            for setting in provider.settings {
                json.object { json in
                    json.field("key", setting.key)
                    json.field("doc", setting.doc)
                    json.field("kind", setting.kind.rawValue)
                    if setting.isSecret { json.field("secret", true) }
                    if setting.isRepeated { json.field("repeated", true) }
                }
            }
        }
        guard let attributes = provider.tokenAttributes else { return }
        json.object("tokenAttributes") { json in
            json.field("audience", attributes.audience)
            json.field("requireServiceAccount", attributes.requiresServiceAccount)
            json.field("cacheType", attributes.cacheType.rawValue)
            json.field("requiredAnnotationKeys", attributes.requiredAnnotationKeys)
            json.field("optionalAnnotationKeys", attributes.optionalAnnotationKeys)
        }
    }

    /// What a host would do differently with `other`'s description, in words; nil when only texts for people differ.
    public func difference(from other: PluginManifest) -> String? {
        let ids = providers.map(\.id), otherIDs = other.providers.map(\.id)
        guard ids == otherIDs else { return "providers \(ids.joined(separator: ", ")) against \(otherIDs.joined(separator: ", "))" }
        for (mine, theirs) in zip(providers, other.providers) {
            if mine.patterns != theirs.patterns { return "the patterns of \(mine.id)" }
            let flags = [mine.isConcurrent, mine.matchesAny, mine.usesServiceAccount]
            if flags != [theirs.isConcurrent, theirs.matchesAny, theirs.usesServiceAccount] { return "the flags of \(mine.id)" }
            func contract(_ setting: SettingDescription) -> [String] {
                [setting.key, setting.kind.rawValue, "\(setting.isSecret)", "\(setting.isRepeated)"]
            }
            if mine.settings.map(contract) != theirs.settings.map(contract) { return "the settings of \(mine.id)" }
            if mine.tokenAttributes != theirs.tokenAttributes { return "the token attributes of \(mine.id)" }
        }
        return nil
    }
}
