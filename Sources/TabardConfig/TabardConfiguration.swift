public import TabardCore
import TabardJSON
import TabardSystem

/// The operator's settings: `config.json`, then `--set` over it.
public struct TabardConfiguration: Sendable {
    /// By provider id.
    public private(set) var providers: [String: ProviderConfiguration] = [:]
    /// `execProviders`: the kubelet's CredentialProviderConfig, a file or a folder, whose programs are asked too.
    public private(set) var execProviders: String?
    /// `execProviderBinDir`: where those programs are.
    public private(set) var execProviderBinDir: String?
    /// `execProviderTimeout`: how long one of them may take; by default the kubelet's minute.
    public private(set) var execProviderTimeout = Duration.seconds(60)
    /// `mirrors`: where images of a registry are looked for before it is asked, in this order; by the registry as images name it. An empty
    /// list is a wish, too.
    public private(set) var mirrors: [String: [MirrorLocation]] = [:]
    /// `insecureRegistries`: registries that are spoken to over plain HTTP, as images name them.
    public private(set) var insecureRegistries: Set<String> = []
    /// `agentSocket`: where this machine's agent listens, or nil for the usual place.
    public private(set) var agentSocket: String?
    /// `imagePullCredentialsVerificationPolicy` and `preloadedImagesVerificationAllowlist`: who has to show that he may use an image that is
    /// here already.
    public private(set) var verification = CredentialVerification()
    /// The file that was read, or nil.
    public private(set) var file: String?
    /// Traps in what was read, one line each.
    public private(set) var warnings: [String] = []

    package static let attempting = "reading the configuration"
    static let largestFile = 1 << 20
    private static let mostSettings = 1000

    /// Nothing is configured.
    public static let empty = TabardConfiguration()

    /// Reads the file at `path`, which must exist.
    public static func load(path: String) throws(Failure) -> TabardConfiguration {
        let bytes: [UInt8]
        do {
            bytes = try FileSystem.contents(of: path, limit: largestFile)
        } catch {
            throw unreadable(path, error)
        }
        return try parse(bytes, file: path)
    }

    /// Reads the bytes of a file, whose name appears in what is wrong with it.
    public static func parse(_ bytes: [UInt8], file: String) throws(Failure) -> TabardConfiguration {
        try parse(JSONDocument(reading: bytes, from: source(file)), file: file)
    }

    static func source(_ file: String) -> JSONSource { JSONSource(file, attempting: attempting) }

    static func unreadable(_ path: String, _ error: SystemError) -> Failure {
        Failure(.invalid, attempting: attempting, on: path, reason: error.description)
    }

    static func parse(_ document: JSONDocument, file: String) throws(Failure) -> TabardConfiguration {
        try document.refuseDuplicateKeys()
        let root = try document.root.asObject()
        try root.refuseUnknownMembers(known: keys.map(\.key))
        var configuration = TabardConfiguration()
        configuration.file = file
        configuration.execProviders = try path(root, "execProviders")
        configuration.execProviderBinDir = try path(root, "execProviderBinDir")
        if let node = try root.optional("execProviderTimeout") { configuration.execProviderTimeout = try timeout(node) }
        configuration.agentSocket = try path(root, "agentSocket")
        configuration.mirrors = try readMirrors(root)
        configuration.insecureRegistries = try readInsecureRegistries(root)
        configuration.verification = try readVerification(root)
        for member in try root["providers"]?.asObject().members ?? [] {
            guard ProviderManifest.isID(member.key) else {
                throw member.value.failure("is no provider id", advice: "an id is lower-case letters, digits and hyphens: \"aws-ecr-key\"")
            }
            configuration.providers[member.key] = try configuration.provider(member.value.asObject(), file)
        }
        return configuration
    }

    /// An absolute path: a relative one would mean something else for each program that reads the file.
    static func path(_ root: JSONNode, _ key: String) throws(Failure) -> String? {
        guard let node = try root.optional(key) else { return nil }
        let path = try node.asString()
        guard path.hasPrefix("/"), !node.containsNUL else { throw node.failure("is no absolute path", advice: "start it with /") }
        return path
    }

    private static func timeout(_ node: JSONNode) throws(Failure) -> Duration {
        let duration: Duration
        do throws(Failure) {
            duration = try GoDuration.parse(try node.asString())
        } catch {
            throw node.failure("is no duration: \(error.reason)", advice: "write for example \"1m\" or \"90s\"")
        }
        guard duration > .zero else { throw node.failure("must be longer than nothing") }
        return duration
    }

    private mutating func provider(_ node: JSONNode, _ file: String) throws(Failure) -> ProviderConfiguration {
        var provider = ProviderConfiguration()
        for member in node.members {
            if member.key == "matchImages" {
                for element in try member.value.asArray() { provider.matchImages.append(try pattern(element, file)) }
            } else if member.key == "isolation" {
                guard let isIsolated = Self.isolation(try member.value.asString()) else {
                    throw member.value.failure("is no kind of isolation", advice: Self.isolationAdvice)
                }
                provider.isIsolated = isIsolated
            } else {
                try Self.flatten(member.value, as: member.key, file, into: &provider.settings)
            }
        }
        return provider
    }

    /// nil for a word that means nothing.
    private static func isolation(_ text: String) -> Bool? { text == "process" ? true : text == "none" ? false : nil }
    private static let isolationAdvice = "write \"process\" for a process of its own, or \"none\""

    private mutating func pattern(_ node: JSONNode, _ file: String) throws(Failure) -> ImagePattern {
        let text = try node.asString()
        let pattern: ImagePattern
        do {
            pattern = try ImagePattern(text)
        } catch {
            throw node.failure("is no pattern: \(error.reason)", advice: error.advice)
        }
        let place = "\(file):\(node.position.line):\(node.position.column): \(node.path)"
        warnings.append(contentsOf: pattern.warnings.map { "\(place): \($0)" })
        return pattern
    }

    private static func flatten(_ node: JSONNode, as key: String, _ file: String, into settings: inout [ProviderSetting]) throws(Failure) {
        let text: String
        switch node.kind {
        case .object:
            for member in node.members { try flatten(member.value, as: "\(key).\(member.key)", file, into: &settings) }
            return
        case .array:
            for (index, element) in node.elements.enumerated() { try flatten(element, as: "\(key).\(index)", file, into: &settings) }
            return
        case .null:
            throw node.failure("is null", advice: "leave the key out")
        case .string: text = try node.asString()
        case .number: text = node.numberText ?? ""
        case .boolean: text = node.bool == true ? "true" : "false"
        }
        guard !node.containsNUL else { throw node.failure("contains a NUL character") }
        guard settings.count < mostSettings else { throw node.failure("is one setting too many: the limit is \(mostSettings)") }
        guard !settings.contains(where: { $0.key == key }) else {
            throw node.failure("gives the setting \"\(key)\" a second time", advice: "write it nested or with dots, not both")
        }
        settings.append(
            ProviderSetting(key: key, value: text, place: "\(file):\(node.position.line):\(node.position.column)", path: node.path))
    }

    /// The same with `ID.KEY=VALUE` of each `--set` over it; `ID.matchImages=PATTERN` adds a pattern.
    public func overriding(_ sets: [String]) throws(Failure) -> TabardConfiguration {
        var result = self
        for text in sets {
            let (name, value) = text.firstIndex(of: "=").map { (text[..<$0], String(text[text.index(after: $0)...])) } ?? ("", "")
            let id = String(name.prefix { $0 != "." })
            let key = String(name.dropFirst(id.count + 1))
            guard ProviderManifest.isID(id), !key.isEmpty else {
                // The text may hold a secret: it is not repeated.
                throw Failure(.invalid, attempting: "reading the command line", on: "--set", reason: "it is not ID.KEY=VALUE")
            }
            let setting = ProviderSetting(key: key, value: value, place: "--set \(name)", path: "providers.\(name)")
            if key == "matchImages" {
                do {
                    result.providers[id, default: ProviderConfiguration()].matchImages.append(try ImagePattern(value))
                } catch {
                    throw setting.failure("is no pattern: \(error.reason)", advice: error.advice)
                }
            } else if key == "isolation" {
                guard let isIsolated = Self.isolation(value) else {
                    throw setting.failure("is no kind of isolation", advice: Self.isolationAdvice)
                }
                result.providers[id, default: ProviderConfiguration()].isIsolated = isIsolated
            } else {
                result.providers[id, default: ProviderConfiguration()].replace(with: setting)
            }
        }
        return result
    }
}
