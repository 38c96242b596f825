import TabardCore
import TabardPluginKit
import TabardSigning

/// The chosen profile of the shared AWS files: keys, roles to take with the credentials of another profile or place, what a program gives,
/// and a login that is still good.
struct ProfileCredentialSource: AWSCredentialSource {
    let environment: AWSEnvironment
    let service: STSClient
    let retries: AWSRetries
    /// What `credential_source` names.
    let places: [String: any AWSCredentialSource]

    let place = "AWS profile (AWS_PROFILE, ~/.aws/config and ~/.aws/credentials)"

    func credentials(region: String, call: PluginCall) throws(Failure) -> AWSCredentials? {
        let profiles = try AWSProfiles(environment: environment)
        guard let profile = profiles.chosen else { return nil }
        let own: String?
        if let named = try environment.region() { own = named } else { own = try profiles.region() }
        let resolution = Resolution(profiles: profiles, region: own ?? region, call: call)
        return try credentials(of: profile, in: resolution, above: [])
    }

    /// What stays the same from profile to profile.
    private struct Resolution {
        let profiles: AWSProfiles
        let region: String
        let call: PluginCall
    }

    /// - Parameter above: The profiles that led here through `source_profile`.
    private func credentials(
        of profile: AWSProfile, in resolution: Resolution, above: [String]
    ) throws(Failure) -> AWSCredentials? {
        guard !above.contains(profile.name) else {
            throw failure(profile, "source_profile leads back to it: \((above + [profile.name]).joined(separator: " → "))")
        }
        if let path = profile.text("web_identity_token_file") {
            guard let role = profile.text("role_arn") else {
                throw failure(profile, "it has web_identity_token_file but no role_arn")
            }
            let token = try environment.token(in: path, namedBy: "profile \(profile.name)")
            return try service.assumeRole(
                role, sessionName: sessionName(profile, resolution), token: token, region: resolution.region, call: resolution.call)
        }
        if let role = profile.text("role_arn") {
            // A profile below whose own keys are the base of its role: the second look is at the keys alone.
            return try assume(role, of: profile, in: resolution, above: above)
        }
        if let keys = try keys(of: profile) { return keys }
        if let command = profile.text("credential_process") {
            return try CredentialProcess(command: command, profile: profile.name).credentials(call: resolution.call)
        }
        if profile.text("login_session") != nil {
            throw Failure(
                .unsupported, attempting: "reading AWS profiles", on: profile.name, reason: "login_session needs a person",
                advice: "on a node, use an instance role, keys, or role_arn with credential_source")
        }
        if let login = try SingleSignOn(profile: profile, in: resolution.profiles, environment: environment) {
            return try login.credentials(retries: retries, call: resolution.call)
        }
        guard above.isEmpty else { throw failure(profile, "it is the source_profile of \(above.last ?? "") but has no credentials") }
        return nil
    }

    private func assume(
        _ role: String, of profile: AWSProfile, in resolution: Resolution, above: [String]
    ) throws(Failure) -> AWSCredentials {
        if profile.text("mfa_serial") != nil {
            throw failure(profile, "mfa_serial needs a person to type a code", advice: "use a role without it")
        }
        let base = try base(of: profile, in: resolution, above: above)
        return try service.assumeRole(
            role, sessionName: sessionName(profile, resolution), externalID: profile.text("external_id"),
            seconds: profile.text("duration_seconds"), with: base, region: resolution.region, call: resolution.call)
    }

    /// The credentials with which the role of `profile` is taken.
    private func base(
        of profile: AWSProfile, in resolution: Resolution, above: [String]
    ) throws(Failure) -> AWSCredentials {
        switch (profile.text("source_profile"), profile.text("credential_source")) {
        case (let name?, nil):
            if name == profile.name {
                guard let keys = try keys(of: profile) else { throw failure(profile, "it is its own source_profile but has no keys") }
                return keys
            }
            guard let source = resolution.profiles.all[name] else {
                throw failure(profile, "its source_profile \(name.prefix(80)) does not exist")
            }
            guard let found = try credentials(of: source, in: resolution, above: above + [profile.name]) else {
                throw failure(profile, "its source_profile \(name.prefix(80)) has no credentials")
            }
            return found
        case (nil, let name?):
            guard let source = places[name] else {
                throw failure(
                    profile, "credential_source is \"\(name.prefix(40))\"",
                    advice: "use one of \(places.keys.sorted().joined(separator: ", "))")
            }
            do {
                if let found = try source.credentials(region: resolution.region, call: resolution.call) { return found }
            } catch {
                // Named on purpose: that there is nothing must not lead to another place's identity.
                guard error.code == .notFound else { throw error }
                throw failure(profile, "its credential_source \(name) has none: \(error.reason)", advice: error.advice)
            }
            throw failure(profile, "its credential_source \(name) has none: \(source.place)")
        case (nil, nil):
            throw failure(profile, "it has role_arn but neither source_profile nor credential_source")
        default:
            throw failure(profile, "it has both source_profile and credential_source", advice: "remove one")
        }
    }

    private func keys(of profile: AWSProfile) throws(Failure) -> AWSCredentials? {
        switch (profile.text("aws_access_key_id"), profile.secret("aws_secret_access_key")) {
        case (nil, nil): return nil
        case (let keyID?, let secret?):
            return AWSCredentials(accessKeyID: keyID, secretAccessKey: secret, sessionToken: profile.secret("aws_session_token"))
        case (let keyID, _):
            throw failure(
                profile,
                "it has \(keyID == nil ? "aws_secret_access_key but no aws_access_key_id" : "aws_access_key_id but no aws_secret_access_key")"
            )
        }
    }

    private func sessionName(_ profile: AWSProfile, _ resolution: Resolution) -> String {
        profile.text("role_session_name") ?? "tabard-\(resolution.call.unixTime.unixSeconds)"
    }

    private func failure(_ profile: AWSProfile, _ reason: String, advice: String = "") -> Failure {
        Failure(.invalid, attempting: "reading AWS profiles", on: "profile \(profile.name)", reason: reason, advice: advice)
    }
}
