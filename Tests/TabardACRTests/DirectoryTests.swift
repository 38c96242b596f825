import TabardCore
import TabardJSON
import TabardPluginKit
import TabardPluginTestSupport
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardACR

/// Against the fakes of Entra ID and of a registry, over TLS.
@Suite struct DirectoryTests {
    static let secret = "right~secret.value"

    /// The two services and a provider that knows them.
    struct Place {
        let folder = TemporaryFolder()
        let entra, registry: RunningService
        let caFile: String

        init() throws {
            folder.write("secret", DirectoryTests.secret + "\n")
            folder.write("expired", "last~years.value\n")
            let common = ["--tls", folder.path("tls")]
            entra = try RunningService(
                "entra.py",
                common + [
                    "--client-secret-file", folder.path("secret"), "--expired-secret-file", folder.path("expired"),
                    "--issued", folder.path("issued"), "--log", folder.path("entra.log"),
                ], in: folder)
            registry = try RunningService(
                "acr.py", common + ["--accept", folder.path("issued"), "--log", folder.path("acr.log")], in: folder)
            caFile = try entra.ready.requireString("ca")
        }

        var host: String { "localhost:\(registry.port)" }

        func ask(_ changes: [String: String] = [:], clockError: Duration = .zero) throws -> ProviderReply {
            var settings = [
                "matchImages.0": host, "authorityHost": try entra.ready.requireString("origin"),
                "tenantID": try entra.ready.requireString("tenant"), "clientID": try entra.ready.requireString("client"),
                "clientSecretFile": folder.path("secret"),
            ]
            settings.merge(changes) { $1 }
            let provider = try ACRProvider(settings: ProviderSettings(settings), surroundings: .real)
            let services = LiveServices(clockError: clockError, caFile: caFile)
            return try provider.provide(PluginRequest(registry: host, repository: "app"), call: services.call)
        }

        func requests(_ log: String) throws -> [JSONNode] {
            try FileSystem.contents(of: folder.path(log), limit: 1 << 20).split(separator: 0x0A).map {
                try JSONDocument(parsing: Array($0)).root
            }
        }
    }

    @Test func `two calls bring a password that the registry takes, and refusals become words`() async throws {
        try await onThread {
            let place = try Place()
            let reply = try place.ask()
            let entry = try #require(reply.entries.first)
            #expect(entry.pattern == place.host)
            #expect(entry.username == "00000000-0000-0000-0000-000000000000")
            #expect(try place.requests("entra.log").map { $0["target"]?.string?.hasSuffix("/oauth2/v2.0/token") } == [true])
            #expect(try place.requests("acr.log").map { $0["target"]?.string } == ["/oauth2/exchange"])

            // As a docker client would: the registry's token service takes it.
            var basic = SecretBuffer()
            basic.append("\(entry.username):")
            basic.append(entry.password)
            var field = SecretBuffer()
            field.append("Basic ")
            field.append(Base64.encode(basic.freeze()))
            let accepted = try LiveServices(caFile: place.caFile).http(
                PluginHTTPRequest(
                    "GET", "https://\(place.host)/oauth2/token?service=\(place.host)&scope=repository:app:pull",
                    headers: [("Authorization", .secret(field.freeze()))]))
            #expect(accepted.status == 200)

            // Right on a clock that is wrong in either direction.
            for error in [Duration.zero, .seconds(-7200), .seconds(7200)] {
                let expires = try #require(try place.ask(clockError: error).expires)
                let left = expires.duration(since: LiveServices().unixTime.adding(error))
                #expect(left > .seconds(10700) && left <= .seconds(10801))
            }

            let refusals: [([String: String], String)] = [
                (["clientSecretFile": place.folder.path("expired")], "the client secret has expired (AADSTS7000222, trace id "),
                (["clientSecretFile": place.caFile], "one line"),
                (["tenantID": "22222222-2222-3333-4444-555555555555"], "there is no tenant 22222222-2222-3333-4444-555555555555"),
                (["clientID": "77777777-7777-8888-9999-000000000000"], "has no application 77777777-7777-8888-9999-000000000000"),
                (["audience": "https://other.example"], "does not know https://other.example"),
                (["audience": "https://management.azure.com"], "the role AcrPull on \(place.host)"),
            ]
            for (changes, words) in refusals {
                let failure = #expect(throws: Failure.self) { try place.ask(changes) }
                #expect(failure?.description.contains(words) == true, "\(failure?.description ?? "") does not say \(words)")
            }
            place.folder.write("wrong", "wrong~secret.value")
            let wrong = #expect(throws: Failure.self) { try place.ask(["clientSecretFile": place.folder.path("wrong")]) }
            #expect(wrong?.code == .denied && wrong?.description.contains("the client secret is wrong") == true)
            #expect(wrong?.description.contains("wrong~secret") == false)

            // The principal's secret is Entra ID's alone.
            let seen = try place.requests("acr.log").compactMap { $0["body"]?.string }.joined()
            #expect(SecretScan([Self.secret, "last~years.value", "wrong~secret.value"]).findings(in: seen).isEmpty)
            #expect(seen.contains("grant_type=access_token&service=localhost%3A"))
        }
    }
}
