public import TabardCore

/// What the operator said about one provider: `providers.ID` of `config.json`, and `--set`.
public struct ProviderConfiguration: Sendable {
    /// Patterns beside the provider's own.
    public internal(set) var matchImages: [ImagePattern] = []
    /// Whether it runs in a process of its own: `isolation` is `"process"`.
    public internal(set) var isIsolated = false
    /// Everything else, in the order of the file, then of the command line. No key stands twice.
    public internal(set) var settings: [ProviderSetting] = []

    /// Where a key was given, or nil.
    public func place(of key: String) -> String? { settings.first { $0.key == key }?.place }

    /// Puts `setting` in the place of whatever had that key or keys below it.
    mutating func replace(with setting: ProviderSetting) {
        settings.removeAll { $0.key == setting.key || $0.key.hasPrefix(setting.key + ".") }
        settings.append(setting)
    }
}
