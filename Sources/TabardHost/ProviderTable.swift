import CTabard
import TabardConfig
import TabardCore

/// The `tabard_provider_v1` of one provider, checked, with its description as Swift values.
struct ProviderTable: @unchecked Sendable {
    // The plugin's own table: never freed and never written after the entry has returned (tabard.h, "Memory").
    let pointer: UnsafePointer<tabard_provider_v1>
    /// What it says about itself.
    let description: ProviderManifest

    private static let mostPatterns = 1000
    private static let mostSettings = 500
    private static let mostAnnotations = 100

    init(_ pointer: UnsafePointer<tabard_provider_v1>) throws(CText.Fault) {
        self.pointer = pointer
        try PluginHandle.check(
            size: UnsafeRawPointer(pointer).load(as: UInt32.self), of: tabard_provider_v1.self, named: "tabard_provider_v1")
        let table = pointer.pointee
        let id = try PluginHandle.text(table.id, "provider id")
        guard ProviderManifest.isID(id) else { throw CText.Fault("has the provider id \"\(id)\", which is not [a-z0-9][a-z0-9-]{0,62}") }
        guard table.create != nil, table.destroy != nil, table.provide != nil else {
            throw CText.Fault("has no create, destroy or provide in its provider \(id)")
        }
        description = ProviderManifest(
            id: id, title: try PluginHandle.text(table.title, "title of \(id)", limit: 1024),
            patterns: try Self.patterns(table.match_images, id),
            isConcurrent: table.flags & UInt32(TABARD_PROVIDER_CONCURRENT) != 0,
            matchesAny: table.flags & UInt32(TABARD_PROVIDER_MATCH_ANY) != 0,
            usesServiceAccount: table.flags & UInt32(TABARD_PROVIDER_USES_SERVICE_ACCOUNT) != 0,
            settings: try Self.settings(table.settings, id),
            tokenAttributes: try Self.tokenAttributes(pointer, id))
    }

    private static func tokenAttributes(_ provider: UnsafePointer<tabard_provider_v1>, _ id: String) throws(CText.Fault) -> TokenAttributes?
    {
        let name = TABARD_EXT_TOKEN_ATTRIBUTES
        let found = provider.pointee.get_extension.flatMap { get in name.withCString { get(provider, $0, name.utf8.count) } }
        guard let found else { return nil }
        try PluginHandle.check(
            size: found.load(as: UInt32.self), of: tabard_token_attributes_v1.self, named: "tabard_token_attributes_v1")
        let raw = found.load(as: tabard_token_attributes_v1.self)
        let cacheType = try PluginHandle.text(raw.cache_type, "cache type of \(id)")
        guard let type = TokenAttributes.CacheType(rawValue: cacheType) else {
            throw CText.Fault("has the cache type \(cacheType) in its provider \(id), which is neither ServiceAccount nor Token")
        }
        let attributes = TokenAttributes(
            audience: try PluginHandle.text(raw.audience, "token audience of \(id)", limit: 1024),
            requiresServiceAccount: raw.require_service_account != 0, cacheType: type,
            requiredAnnotationKeys: try keys(raw.required_annotation_keys, id),
            optionalAnnotationKeys: try keys(raw.optional_annotation_keys, id))
        if let complaint = attributes.complaint { throw CText.Fault("has token attributes in its provider \(id) that \(complaint)") }
        return attributes
    }

    private static func keys(_ list: tabard_str_list, _ id: String) throws(CText.Fault) -> [String] {
        var keys: [String] = []
        for key in try elements(list.items, list.count, most: mostAnnotations, "list of annotation keys of \(id)") {
            keys.append(try PluginHandle.text(key, "annotation key of \(id)"))
        }
        return keys
    }

    private static func elements<Element>(
        _ items: UnsafePointer<Element>?, _ count: Int, most: Int, _ field: String
    ) throws(CText.Fault) -> UnsafeBufferPointer<Element> {
        do throws(CText.Fault) {
            return try CText.elements(items, count, most: most)
        } catch {
            throw CText.Fault("has a \(field) that \(error.reason)")
        }
    }

    private static func patterns(_ list: tabard_str_list, _ id: String) throws(CText.Fault) -> [ImagePattern] {
        var patterns: [ImagePattern] = []
        for pattern in try elements(list.items, list.count, most: mostPatterns, "list of patterns of \(id)") {
            let text = try PluginHandle.text(pattern, "pattern of \(id)", limit: CallState.longestPattern)
            do throws(Failure) {
                patterns.append(try ImagePattern(text))
            } catch {
                throw CText.Fault("has the pattern \"\(text)\" in its provider \(id): \(error.reason)")
            }
        }
        return patterns
    }

    private static func settings(_ list: tabard_setting_list, _ id: String) throws(CText.Fault) -> [SettingDescription] {
        var settings: [SettingDescription] = []
        for raw in try elements(list.items, list.count, most: mostSettings, "list of settings of \(id)") {
            settings.append(
                SettingDescription(
                    key: try PluginHandle.text(raw.key, "setting of \(id)"),
                    doc: try PluginHandle.text(raw.doc, "description of a setting of \(id)", limit: 4096),
                    kind: SettingDescription.Kind(code: raw.kind),
                    isSecret: raw.flags & UInt32(TABARD_SETTING_SECRET) != 0,
                    isRepeated: raw.flags & UInt32(TABARD_SETTING_REPEATED) != 0))
        }
        return settings
    }
}
