import TabardCore
import TabardCrypto
import TabardSystem

/// What decides whose credentials a process would get if it asked the providers itself: where it is configured, and what its environment
/// tells the clouds' logic. A client and an agent that differ here answer for different identities.
public struct AgentSetup: Sendable, Hashable {
    /// SHA-256 over all of it, in hexadecimal digits.
    public let digest: String

    /// Variables that name an identity, or the way to whoever vouches for it.
    private static let names: [StaticString] = [
        "DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy",
        "all_proxy",
        "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "TABARD_DMI_FOLDER",
    ]
    private static let prefixes: [StaticString] = [
        "AWS_", "GOOGLE_", "GCE_METADATA_", "CLOUDSDK_", "AZURE_", "IDENTITY_", "IMDS_", "MSI_",
    ]
    /// Where the clouds' tools keep logins below HOME, which itself says nothing.
    private static let folders = [".aws", ".azure", ".config/gcloud"]

    /// Describes this process.
    ///
    /// - Parameters:
    ///   - configurationFile: The path of config.json, whether or not it is there.
    ///   - pluginFolders: Where plugins are looked for, in order.
    ///   - settings: `ID.KEY=VALUE` of each `--set`, in order.
    public init(configurationFile: String, pluginFolders: [String], settings: [String]) {
        let home = Environment.nonEmptyValue("HOME")
        self.init(
            configurationFile: configurationFile, pluginFolders: pluginFolders, settings: settings,
            variables: Environment.variables(named: Self.names, orBeginningWith: Self.prefixes),
            homes: home.map { home in Self.folders.map { "\(home)/\($0)" }.filter { (try? FileStatus(of: $0)) != nil } } ?? [])
    }

    /// - Parameters:
    ///   - variables: `NAME=value`, sorted.
    ///   - homes: The folders with logins that are there.
    init(configurationFile: String, pluginFolders: [String], settings: [String], variables: [String], homes: [String]) {
        var hash = SHA256()
        for list in [[configurationFile], pluginFolders, settings, variables, homes] {
            Self.add(UInt64(list.count), to: &hash)
            for text in list {
                Self.add(UInt64(text.utf8.count), to: &hash)
                hash.update(text)
            }
        }
        digest = hash.finish().hex
    }

    private static func add(_ number: UInt64, to hash: inout SHA256) {
        withUnsafeBytes(of: number.bigEndian) { hash.update($0) }
    }
}
