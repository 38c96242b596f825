import TabardCore
import TabardGCE
import TabardJSON
import TabardPluginKit
import TabardPluginTestSupport
import TabardSystem
import TabardTestSupport
import Testing

/// Credentials files of every type against token endpoints that google-auth accepts (Tests/Fakes/google_accounts.py).
@Suite struct AccountsTests {
    static let names = [
        "service_account", "authorized_user", "external_account_authorized_user", "external_file", "external_json_file", "external_url",
        "external_aws", "external_executable", "external_impersonated", "impersonated_key", "impersonated_user",
    ]

    let folder = TemporaryFolder()
    let accounts: RunningService
    var log: String { folder.path("log") }

    init() throws {
        accounts = try RunningService(
            "google_accounts.py", ["--folder", folder.path("files"), "--log", folder.path("log"), "--issued", folder.path("issued")],
            in: folder)
    }

    @Test(arguments: names)
    func `the same file leads google-auth and us to the same requests`(name: String) throws {
        let theirs = try reduced(["http://\(accounts.host)", folder.path("files"), log, name])
        folder.write("log", "")
        let reply = try provide(name)
        let ours = try reduced([log])
        #expect(ours == theirs)
        #expect(!theirs.isEmpty)
        let password = try #require(reply.entries.first?.password)
        let issued = try JSONDocument(parsing: try FileSystem.contents(of: folder.path("issued"), limit: 1 << 20)).root
        let last = try #require(issued.members.last)
        #expect(password.hasSameBytes(as: Secret(last.key)))
        #expect(reply.entries.map(\.username) == ["oauth2accesstoken"] && reply.entries.map(\.pattern) == ["eu.gcr.io"])
        #expect(try #require(reply.duration) > .seconds(3500) && #require(reply.duration) <= .seconds(3540))
    }

    @Test(arguments: [
        ("service_account", #""client_email": "puller@"#, #""client_email": "nobody@"#, ["invalid_grant", "nobody@", "keys list"]),
        ("external_file", "workloadIdentityPools/pool", "workloadIdentityPools/x", ["invalid_target"]),
        (
            "impersonated_key", "puller@example-project.iam.gserviceaccount.com:gen", "other@example-project.iam.gserviceaccount.com:gen",
            ["iam.serviceAccounts.getAccessToken", "roles/iam.serviceAccountTokenCreator", "other@"]
        ),
    ])
    func `a refusal names step, account and role`(name: String, old: String, new: String, says: [String]) throws {
        let path = folder.path("files/\(name).json")
        let text = String(decoding: try FileSystem.contents(of: path, limit: 1 << 20), as: UTF8.self)
        try #require(text.contains(old))
        folder.write("files/\(name).json", text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new))
        let failure = try #require(throws: Failure.self) { try provide(name) }
        #expect(failure.code == .denied, "\(failure)")
        for said in says { #expect(failure.description.contains(said), "\(failure)") }
        #expect(!failure.description.contains("eyJ") && !failure.description.contains("PRIVATE"))
    }

    @Test func `a clock that is wrong is named`() throws {
        let failure = try #require(throws: Failure.self) { try provide("service_account", clockError: .seconds(-7200)) }
        #expect(failure.description.contains("clock") && failure.advice.contains("timedatectl"), "\(failure)")
    }

    @Test func `a program runs only where the operator allows it`() throws {
        let failure = try #require(throws: Failure.self) { try provide("external_executable", allowsPrograms: false) }
        #expect(failure.code == .denied && failure.advice.contains("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1"), "\(failure)")
        let log = try FileSystem.contents(of: log, limit: 1 << 20)
        #expect(log.isEmpty)
    }

    @Test func `a key makes tokens itself where that is set`() throws {
        let reply = try provide("service_account", settings: ["signsTokens": "true"])
        let token = try #require(reply.entries.first?.password).withBytes { String(decoding: $0, as: UTF8.self) }
        let parts = token.split(separator: ".")
        #expect(parts.count == 3)
        let claims = try JSONDocument(parsing: try #require(Base64.decode(String(parts[1]), alphabet: .url, padding: .optional))).root
        #expect(claims["scope"]?.string == "https://www.googleapis.com/auth/devstorage.read_only")
        #expect(claims["sub"]?.string == claims["iss"]?.string && claims["aud"] == nil)
        #expect(try #require(claims["exp"]?.int64) - #require(claims["iat"]?.int64) == 3600)
        let log = try FileSystem.contents(of: log, limit: 1 << 20)
        #expect(log.isEmpty)
    }

    private func provide(
        _ name: String, settings more: [String: String] = [:], clockError: Duration = .zero, allowsPrograms: Bool = true
    ) throws(Failure) -> ProviderReply {
        var settings = ["credentialsFile": folder.path("files/\(name).json"), "scopes": "devstorage.read_only"]
        // The file of a person names no endpoint.
        if name.hasSuffix("_user") { settings["tokenURL"] = "http://\(accounts.host)/token" }
        var surroundings = Surroundings.real
        surroundings.variable = { $0 == "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES" && allowsPrograms ? "1" : nil }
        let provider = try GoogleContainerRegistryProvider(
            settings: ProviderSettings(settings.merging(more) { $1 }), surroundings: surroundings)
        return try provider.provide(
            PluginRequest(registry: "eu.gcr.io", repository: "project/app"), call: LiveServices(clockError: clockError).call)
    }

    private func reduced(_ arguments: [String]) throws -> String {
        let result = try Tool.run(
            Repository.python, ["\(Repository.root)/Tests/Fakes/google_auth_client.py"] + arguments,
            environment: ["NO_PROXY": "*", "HOME": folder.path, "TABARD_FORBID_LINK_LOCAL": "1"])
        #expect(result.status == 0, "\(result)")
        return result.output
    }
}
