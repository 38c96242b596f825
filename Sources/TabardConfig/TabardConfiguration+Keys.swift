/// The keys of `config.json`, for the reader and for pages about it.
extension TabardConfiguration {
    /// Every key of the whole object.
    public static let keys = [
        SettingDescription(
            key: "providers", doc: "an object with the settings of each provider, by its id: the keys of every provider, and its own below"),
        SettingDescription(
            key: "execProviders",
            doc: "the kubelet's CredentialProviderConfig, a file or a folder, whose programs are asked too; an absolute path", kind: .path),
        SettingDescription(
            key: "execProviderBinDir", doc: "the folder of those programs; an absolute path, needed with execProviders", kind: .path),
        SettingDescription(
            key: "execProviderTimeout", doc: "how long one of those programs may take; default 1m", kind: .duration),
        SettingDescription(
            key: "mirrors", doc: "an object with an array of mirrors for each registry, asked in order before it; each HOST[:PORT][/PATH]"),
        SettingDescription(
            key: "insecureRegistries", doc: "an array of registries that are spoken to over plain HTTP; each HOST or HOST:PORT"),
        SettingDescription(
            key: "agentSocket", doc: "where this machine's agent listens; an absolute path, default /run/tabard/agent.sock", kind: .path),
        SettingDescription(
            key: verificationKeys[0],
            doc: "whether an image that is here is given only to whoever may pull it; the words of a kubelet's configuration"),
        SettingDescription(
            key: verificationKeys[1],
            doc: "an array of images that anybody may have, for the policy NeverVerifyAllowlistedImages; names, or prefixes ending in /*"),
    ]

    /// The keys that every provider has beside its own.
    public static let providerKeys = [
        SettingDescription(
            key: "matchImages", doc: "an array of patterns: images that the provider is asked for beside its own", kind: .pattern,
            isRepeated: true),
        SettingDescription(
            key: "isolation", doc: "process runs the provider in a process of its own, none in the program's; default none"),
    ]
}
