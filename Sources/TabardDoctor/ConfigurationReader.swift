/// Who reads a CredentialProviderConfig.
enum ConfigurationReader: String {
    /// The kubelet: strict, and it does not start with a program that is missing.
    case kubelet
    /// This house, by `execProviders`.
    case tabard

    var area: Finding.Area { self == .kubelet ? .kubelet : .execPlugins }
}
