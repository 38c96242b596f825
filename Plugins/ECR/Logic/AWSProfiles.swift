import TabardCore
import TabardSystem

/// The profiles of both shared files, merged, and the one that is chosen.
struct AWSProfiles: Sendable {
    /// By name; what the credentials file says wins.
    let all: [String: AWSProfile]
    /// The sections `services x` and `sso-session x` of the config file, by these headers.
    let others: [String: AWSProfile]
    /// `AWS_PROFILE`, or `default`.
    let chosenName: String
    /// Whether somebody chose it by name.
    let isNamed: Bool
    /// Where was looked.
    let files: [String]

    /// The chosen profile, or nil when there is none of that name.
    var chosen: AWSProfile? { all[chosenName] }

    /// The region that the chosen profile names.
    func region() throws(Failure) -> String? {
        guard let text = chosen?.text("region") else { return nil }
        return try AWSRegion.checked(text, from: "AWS profile \(chosenName)")
    }

    /// A setting of the chosen profile that is `true` or `false`; nil when it is not there.
    func flag(_ key: String) throws(Failure) -> Bool? {
        guard let text = chosen?.text(key) else { return nil }
        return try AWSEnvironment.flag(text, from: "\(key) of AWS profile \(chosenName)")
    }

    /// The endpoint that the chosen profile names for a service: that of its `services` section first ("AWS SDKs and Tools Reference Guide,
    /// Service-specific endpoints").
    func endpoint(of service: AWSService) -> (place: String, text: String)? {
        guard let chosen else { return nil }
        if let name = chosen.text("services"), let lines = others["services \(name)"]?.text(service.profileKey) {
            for line in lines.split(separator: "\n") {
                let parts = line.split(separator: "=", maxSplits: 1).map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
                if parts.count == 2, parts[0].lowercased() == "endpoint_url", !parts[1].isEmpty {
                    return ("endpoint_url of services \(name)", parts[1])
                }
            }
        }
        return chosen.text("endpoint_url").map { ("endpoint_url of AWS profile \(chosenName)", $0) }
    }

    /// Reads the files; one that does not exist is like an empty one.
    ///
    /// - Throws: `.invalid` for a malformed file or a chosen profile that does not exist, `.local` for a file that cannot be read.
    init(environment: AWSEnvironment) throws(Failure) {
        let named = environment.text("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
        chosenName = named ?? "default"
        isNamed = named != nil
        var merged: [String: AWSProfile] = [:]
        var others: [String: AWSProfile] = [:]
        var files: [String] = []
        for (variable, name, kind) in [
            ("AWS_CONFIG_FILE", "config", AWSProfileParser.Kind.config),
            ("AWS_SHARED_CREDENTIALS_FILE", "credentials", AWSProfileParser.Kind.credentials),
        ] {
            guard let path = Self.path(variable, name, environment) else { continue }
            files.append(path)
            guard let content = try Self.content(of: path, environment) else { continue }
            var parser = AWSProfileParser(kind, file: path)
            for (name, profile) in try parser.profiles(in: content) {
                merged[name, default: AWSProfile(name: name)].values.merge(profile.values) { $1 }
            }
            others.merge(parser.others) { $1 }
        }
        all = merged
        self.others = others
        self.files = files
        guard named == nil || merged[chosenName] != nil else {
            throw Failure(
                .invalid, attempting: "choosing the AWS profile", on: String(chosenName.prefix(80)),
                reason: "there is no such profile in \(files.isEmpty ? "any file: HOME is not set" : files.joined(separator: " and "))",
                advice: "correct or unset AWS_PROFILE")
        }
    }

    private static func path(_ variable: String, _ name: String, _ environment: AWSEnvironment) -> String? {
        let home = environment.text("HOME")
        guard let path = environment.text(variable) else { return home.map { "\($0)/.aws/\(name)" } }
        guard path.hasPrefix("~/"), let home else { return path }
        return home + path.dropFirst()
    }

    private static func content(of path: String, _ environment: AWSEnvironment) throws(Failure) -> Secret? {
        do throws(SystemError) {
            return try environment.file(path)
        } catch {
            // ENOENT, and ENOTDIR for a part of the path.
            if error.number == 2 || error.number == 20 { return nil }
            throw Failure(
                .local, attempting: "reading AWS profiles", on: path, reason: error.meaning, advice: "let this process read the file")
        }
    }
}
