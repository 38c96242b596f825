import TabardCore
import TabardPluginKit

/// What the operator wants for some registries: whose identity, and the region of a name that tells none.
struct ECRRule: Sendable {
    /// Images it is for; nil is all that `account` says.
    let match: ImagePattern?
    /// The twelve digits of the account whose registries it is for; nil is all that `match` says. For a name that tells no account, only
    /// `match` counts.
    let account: String?
    /// The AWS profile to begin with, in place of the search for credentials.
    let profile: String?
    /// The role to take.
    let role: String?
    /// What the role's owner asks for.
    let externalID: String?
    /// The region of a name that tells none.
    let region: String?

    /// What the settings say, in the operator's order.
    ///
    /// - Throws: `.invalid` naming the rule.
    static func all(in settings: ProviderSettings) throws(Failure) -> [ECRRule] {
        // An object in place of the list: nothing of it may be passed over.
        if let key = settings.keys.first(where: { $0.hasPrefix("rules.") && Int($0.split(separator: ".").dropFirst().first ?? "") == nil })
        {
            throw Failure(
                .invalid, attempting: "reading the rules of aws-ecr-key", on: "setting \(key)", reason: "rules is a list",
                advice: "write \"rules\": [{ … }]")
        }
        var rules: [ECRRule] = []
        for (index, element) in settings.elements("rules").enumerated() {
            rules.append(try ECRRule(element, place: "setting rules.\(index)"))
        }
        return rules
    }

    private init(_ settings: ProviderSettings, place: String) throws(Failure) {
        func refused(_ reason: String, _ advice: String) -> Failure {
            Failure(.invalid, attempting: "reading the rules of aws-ecr-key", on: place, reason: reason, advice: advice)
        }
        if let text = settings["match"] { match = try ImagePattern(text) } else { match = nil }
        account = settings["account"]
        profile = settings["profile"]
        role = settings["role"]
        externalID = settings["externalID"]
        region = if let text = settings["region"] { try AWSRegion.checked(text, from: "\(place).region") } else { nil }
        guard match != nil || account != nil else {
            throw refused("it does not say which registries it is for", "add match (a host pattern) or account")
        }
        if let account, account.utf8.count != 12 || !account.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            throw refused("account is not twelve digits", "write it as \"123456789012\", in quotes")
        }
        if let role, !role.hasPrefix("arn:") { throw refused("role is not an ARN", "write it as arn:aws:iam::123456789012:role/NAME") }
        guard externalID == nil || role != nil else { throw refused("externalID is of no use without role", "add role") }
        guard profile != nil || role != nil || region != nil else {
            throw refused("it says nothing about those registries", "add profile, role or region")
        }
    }

    /// Whether it is for this image.
    func fits(_ request: PluginRequest, host: ECRHost?) -> Bool {
        if let match, !match.matches(name: request.image) { return false }
        guard let account else { return true }
        guard let host else { return match != nil }
        return host.account == account
    }

    /// Whether it names the image by a pattern of its own, so that a host that is none of ECR's is served on purpose.
    func names(_ request: PluginRequest) -> Bool { match?.matches(name: request.image) == true }
}
