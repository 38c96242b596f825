internal import TabardCore
internal import TabardJSON
internal import TabardPluginKit

/// Reads credentials files of every type (https://google.aip.dev/auth/4110), each into the source of tokens that it describes.
struct CredentialsReader: Sendable {
    /// The universe of everybody who is in no sovereign cloud.
    static let googleUniverse = "googleapis.com"

    /// The file, for messages.
    var place: String
    let surroundings: Surroundings
    let service: TokenService
    /// What the operator set in place of the file's own.
    let tokenEndpoint: WebURL?
    /// Whether a service account's key makes tokens itself.
    let signsTokens: Bool
    var endpoints: GoogleEndpoint
    private var isNested = false

    /// Makes a reader of the settings.
    init(settings: ProviderSettings, surroundings: Surroundings, place: String) throws(Failure) {
        self.place = place
        self.surroundings = surroundings
        service = TokenService(budget: RetryBudget(random: surroundings.random))
        tokenEndpoint =
            if let text = settings[AuthorizedUser.setting.key] { try WebURL(text) } else { nil }
        signsTokens = settings.flag("signsTokens")
        endpoints = GoogleEndpoint(universe: Self.googleUniverse, trusted: settings.all(GoogleEndpoint.setting))
    }

    /// For credentials inside of others.
    var nested: CredentialsReader {
        var reader = self
        reader.isNested = true
        return reader
    }

    /// The universe that a file belongs to.
    static func universe(_ file: JSONNode) throws(Failure) -> String {
        guard let node = try file.optional("universe_domain") else { return googleUniverse }
        let domain = try node.asString()
        // It becomes part of host names.
        let isDomain = domain.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        }
        guard isDomain, domain.utf8.count <= 253, domain.contains("."), !domain.hasPrefix("."), !domain.hasSuffix("."),
            !domain.contains(text: "..")
        else { throw node.failure("it is not a domain in lower case", advice: "download the file again") }
        return domain
    }

    /// The source of tokens that `file` describes.
    func source(_ file: JSONNode) throws(Failure) -> any TokenSource {
        let node = try file.require("type")
        let type = try node.asString()
        switch type {
        case "authorized_user": return try AuthorizedUser(file, isFederated: false, reading: self)
        case "external_account_authorized_user": return try AuthorizedUser(file, isFederated: true, reading: self)
        case "service_account": return try ServiceAccountKey(file, reading: self)
        case "external_account": return try ExternalAccount.source(file, reading: self)
        case "impersonated_service_account" where !isNested: return try ImpersonatedAccount(file, reading: self)
        default:
            throw Failure(
                .unsupported, attempting: "reading application default credentials", on: place,
                reason: "credentials of type \"\(type.prefix(64))\" are not supported\(isNested ? " here" : "")",
                advice: "use a key, a person's login, workload identity federation or impersonation, or unset it to use the machine's"
                    + " service account")
        }
    }
}
