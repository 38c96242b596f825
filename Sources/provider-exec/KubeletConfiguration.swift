import TabardConfig
import TabardCore
import TabardExec
import TabardHost
import TabardJSON

/// Writes the CredentialProviderConfig (kubelet.config.k8s.io/v1) under which a kubelet asks these providers: every image that their
/// manifests and the operator's `matchImages` name, and nothing else.
struct KubeletConfiguration {
    /// The providers, in the order in which the kubelet shall try their answers.
    let providers: [PluginProvider]
    /// The ids that the operator named.
    let named: Set<String>
    /// Whether the kubelet shall send a token of the Pod's service account.
    let wantsTokens: Bool
    /// What every entry's command line has in front: where plugins and settings are.
    let common: [String]
    /// The names under which the program is installed for one provider each, by provider id.
    let names: [String: String]

    /// The document, with its line end.
    ///
    /// - Throws: `.invalid` for providers that cannot be configured so, with what to do.
    func write() throws(Failure) -> String {
        guard !providers.isEmpty else {
            throw wrong("", "no plugin is installed", "name their folder with --plugin-dir or TABARD_PLUGIN_PATH")
        }
        var entries: [(name: String, arguments: [String], providers: [PluginProvider])] = []
        var shared: [PluginProvider] = []
        for provider in providers {
            if let name = names[provider.id] { entries.append((name, common, [provider])) } else { shared.append(provider) }
        }
        // The kubelet takes a name once: the providers without a name of their own share the program's.
        if !shared.isEmpty {
            entries.append(("provider-exec", common + shared.flatMap { ["--provider", $0.id] }, shared))
        }
        var json = JSONWriter(.pretty)
        try json.object { json throws(Failure) in
            json.field("kind", "CredentialProviderConfig")
            json.field("apiVersion", "kubelet.config.k8s.io/v1")
            try json.array("providers") { json throws(Failure) in
                for entry in entries {
                    try json.object { json throws(Failure) in try write(entry.name, entry.arguments, entry.providers, to: &json) }
                }
            }
        }
        return String(decoding: json.finishBytes(), as: UTF8.self)
    }

    private func write(
        _ name: String, _ arguments: [String], _ providers: [PluginProvider], to json: inout JSONWriter
    ) throws(Failure) {
        json.field("name", name)
        json.field("apiVersion", ExecVersion.v1.apiVersion)
        var patterns: [String] = []
        for provider in providers {
            guard !provider.patterns.isEmpty else {
                throw wrong(
                    provider.id, "it serves whatever its source names, and the kubelet wants to know the images before",
                    "name them: --set \(provider.id).matchImages=registry.example.com, or providers.\(provider.id).matchImages in config.json"
                )
            }
            for pattern in provider.patterns.map(\.text) where !patterns.contains(pattern) { patterns.append(pattern) }
            // To a kubelet a pattern without a port matches no image with one, not even with that of https.
            for pattern in provider.manifest.patterns.map({ "\($0.text):443" }) where !patterns.contains(pattern) {
                patterns.append(pattern)
            }
        }
        json.field("matchImages", patterns)
        // Every answer says how long it holds.
        json.field("defaultCacheDuration", "0s")
        if !arguments.isEmpty { json.field("args", arguments) }
        guard wantsTokens else { return }
        guard providers.count == 1, let attributes = providers[0].manifest.tokenAttributes else {
            // Asked for all that can, those that cannot go on without.
            guard providers.contains(where: { named.contains($0.id) }) else { return }
            throw wrong(
                providers.map(\.id).joined(separator: ", "), "its manifest does not tell what tokens it takes",
                "leave --token-attributes out, or choose providers that tell with --provider")
        }
        json.object("tokenAttributes") { json in
            json.field("serviceAccountTokenAudience", attributes.audience)
            json.field("cacheType", attributes.cacheType.rawValue)
            json.field("requireServiceAccount", attributes.requiresServiceAccount)
            if !attributes.requiredAnnotationKeys.isEmpty {
                json.field("requiredServiceAccountAnnotationKeys", attributes.requiredAnnotationKeys)
            }
            if !attributes.optionalAnnotationKeys.isEmpty {
                json.field("optionalServiceAccountAnnotationKeys", attributes.optionalAnnotationKeys)
            }
        }
    }

    private func wrong(_ subject: String, _ reason: String, _ advice: String) -> Failure {
        Failure(.invalid, attempting: "writing the kubelet's configuration", on: subject, reason: reason, advice: advice)
    }
}
