public import TabardCore
import TabardJSON
import TabardSystem

/// `libX.json` beside `libX.so`: what the plugin says about itself, written from the plugin by the build (schema 1).
public struct PluginManifest: Sendable, Hashable {
    /// The plugin's version.
    public var version: String
    /// Who made it.
    public var vendor: String
    /// The minor version of the ABI that it was built with.
    public var abiMinor: Int
    /// Its providers, in its own order.
    public var providers: [ProviderManifest]

    /// The layout that this program reads and writes.
    public static let schema: Int64 = 1
    private static let largestFile = 1 << 20

    /// Makes a manifest.
    public init(version: String, vendor: String, abiMinor: Int, providers: [ProviderManifest]) {
        self.version = version
        self.vendor = vendor
        self.abiMinor = abiMinor
        self.providers = providers
    }

    /// Reads the file at `path`. `.notFound` when there is none, `.invalid` for everything that is wrong in it.
    public static func load(path: String) throws(Failure) -> PluginManifest { try parse(content(of: path), file: path) }

    /// The bytes of the file at `path`, with the errors of `load(path:)`.
    package static func content(of path: String) throws(Failure) -> [UInt8] {
        do {
            return try FileSystem.contents(of: path, limit: largestFile)
        } catch {
            throw Failure(
                error.isNotFound ? .notFound : .invalid, attempting: "reading the plugin's manifest", on: path, reason: error.meaning)
        }
    }

    /// Reads the bytes of a manifest. Members that this version does not know are a newer schema's business and refused.
    public static func parse(_ bytes: [UInt8], file: String) throws(Failure) -> PluginManifest {
        let document = try JSONDocument(reading: bytes, from: JSONSource(file, attempting: "reading the plugin's manifest"))
        try document.refuseDuplicateKeys()
        let root = try document.root.asObject()
        let schema = try root.requireInt64("schema")
        guard schema == Self.schema else {
            throw try root.require("schema").failure("is \(schema), this program reads \(Self.schema)", advice: Self.rewrite)
        }
        try root.refuseUnknownMembers(known: ["schema", "version", "vendor", "abiMinor", "providers"])
        var providers: [ProviderManifest] = []
        for node in try root.requireArray("providers") {
            let provider = try Self.provider(node)
            guard !providers.contains(where: { $0.id == provider.id }) else { throw node.failure("has the id of an earlier provider") }
            providers.append(provider)
        }
        guard !providers.isEmpty else { throw try root.require("providers").failure("must not be empty") }
        return PluginManifest(
            version: try root.requireString("version"), vendor: try root.requireString("vendor"),
            abiMinor: Int(try root.requireInt64("abiMinor")), providers: providers)
    }

    private static func provider(_ node: JSONNode) throws(Failure) -> ProviderManifest {
        try node.asObject().refuseUnknownMembers(known: ["id", "title", "patterns", "flags", "settings", "tokenAttributes"])
        let id = try node.requireString("id")
        guard ProviderManifest.isID(id) else { throw try node.require("id").failure("is no provider id") }
        var provider = ProviderManifest(id: id, title: try node.requireString("title"), patterns: [])
        for element in try node.requireArray("patterns") {
            do {
                provider.patterns.append(try ImagePattern(try element.asString()))
            } catch {
                throw element.failure("is no pattern: \(error.reason)")
            }
        }
        for element in try node.optionalArray("flags") ?? [] {
            switch try element.asString() {
            case "concurrent": provider.isConcurrent = true
            case "matchAny": provider.matchesAny = true
            case "usesServiceAccount": provider.usesServiceAccount = true
            default: throw element.failure("is an unknown flag", advice: Self.rewrite)
            }
        }
        for element in try node.optionalArray("settings") ?? [] { provider.settings.append(try setting(element)) }
        if let attributes = node["tokenAttributes"] { provider.tokenAttributes = try tokenAttributes(attributes) }
        return provider
    }

    private static func tokenAttributes(_ node: JSONNode) throws(Failure) -> TokenAttributes {
        try node.asObject().refuseUnknownMembers(
            known: ["audience", "requireServiceAccount", "cacheType", "requiredAnnotationKeys", "optionalAnnotationKeys"])
        guard let cacheType = TokenAttributes.CacheType(rawValue: try node.requireString("cacheType")) else {
            throw try node.require("cacheType").failure("is an unknown cache type", advice: rewrite)
        }
        func keys(_ name: String) throws(Failure) -> [String] {
            var keys: [String] = []
            for element in try node.optionalArray(name) ?? [] { keys.append(try element.asString()) }
            return keys
        }
        let attributes = TokenAttributes(
            audience: try node.requireString("audience"), requiresServiceAccount: try node.optionalBool("requireServiceAccount") ?? false,
            cacheType: cacheType, requiredAnnotationKeys: try keys("requiredAnnotationKeys"),
            optionalAnnotationKeys: try keys("optionalAnnotationKeys"))
        if let complaint = attributes.complaint { throw node.failure(complaint, advice: rewrite) }
        return attributes
    }

    private static func setting(_ node: JSONNode) throws(Failure) -> SettingDescription {
        try node.asObject().refuseUnknownMembers(known: ["key", "doc", "kind", "secret", "repeated"])
        guard let kind = SettingDescription.Kind(rawValue: try node.requireString("kind")) else {
            throw try node.require("kind").failure("is an unknown kind", advice: rewrite)
        }
        return SettingDescription(
            key: try node.requireString("key"), doc: try node.requireString("doc"), kind: kind,
            isSecret: try node.optionalBool("secret") ?? false, isRepeated: try node.optionalBool("repeated") ?? false)
    }

    private static let rewrite = "write it again with `tabard manifest PLUGIN.so`"
}
