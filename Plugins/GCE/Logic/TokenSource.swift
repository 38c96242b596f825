internal import TabardCore
internal import TabardPluginKit

/// Something that access tokens come from: one type of application default credentials.
protocol TokenSource: Sendable {
    /// Whose tokens these are, for messages: an e-mail address where there is one, else the file. No secret.
    var account: String { get }

    /// A new access token.
    ///
    /// - Parameter scopes: What it is to be good for, where the source lets its user choose; nil is the least that suffices to read images.
    func accessToken(scopes: [String]?, call: PluginCall) throws(Failure) -> AccessToken
}

/// Access scopes (https://developers.google.com/identity/protocols/oauth2/scopes).
enum AccessScope {
    private static let base = "https://www.googleapis.com/auth/"
    /// Reading images, and nothing else.
    static let readOnly = "\(base)devstorage.read_only"
    /// Everything that roles allow: what a federated principal gets, whose roles are then the only limit.
    static let cloudPlatform = "\(base)cloud-platform"
    /// Making tokens of other accounts, and nothing else but what roles allow of IAM.
    static let iam = "\(base)iam"

    /// Whether a token of this scope can read images.
    static func allowsPulling(_ scope: some StringProtocol) -> Bool {
        scope == cloudPlatform || scope == "\(cloudPlatform).read-only" || scope.hasPrefix("\(base)devstorage.")
    }
}
