public import TabardCore

/// One setting that the operator gave a provider, flattened, with the place that gave it.
public struct ProviderSetting: Sendable, Hashable {
    /// The flat key: `region`, `rules.0.match`.
    public let key: String
    /// The value as text: numbers as they were written, booleans as `true` and `false`.
    public let value: String
    /// Where it stands: `config.json:4:12`, or `--set aws-ecr-key.region`.
    public let place: String
    /// Its name there: `providers.aws-ecr-key.rules[0].match`.
    public let path: String

    /// Makes a setting.
    public init(key: String, value: String, place: String, path: String) {
        self.key = key
        self.value = value
        self.place = place
        self.path = path
    }

    /// A failure about this setting: its place, its path and the complaint.
    public func failure(_ complaint: String, advice: String = "") -> Failure {
        Failure(.invalid, attempting: TabardConfiguration.attempting, on: place, reason: "\(path) \(complaint)", advice: advice)
    }
}
