import TabardCore
import TabardJSON
import TabardPluginKit
import TabardPluginTestSupport
import TabardTestSupport
import Testing

@testable import TabardACR

/// Every identity against the fakes, which azure-identity accepts.
@Suite struct IdentityTests {
    @Test func `a certificate proves the application, in each form of file`() async throws {
        try await onThread {
            let azure = try FakeAzure()
            func ask(_ file: String, _ more: [String: String] = [:], clockError: Duration = .zero) throws -> ProviderReply {
                try azure.ask(
                    environment: azure.application.merging(["AZURE_CLIENT_CERTIFICATE_PATH": azure.folder.path(file)]) { $1 }
                        .merging(more) { $1 }, clockError: clockError)
            }
            let password = ["AZURE_CLIENT_CERTIFICATE_PASSWORD": "sesame"]
            for (file, more) in [("app.pem", [:]), ("app.pfx", password), ("locked.pem", password)] {
                #expect(try azure.status(of: ask(file, more), repository: "app") == 404)
            }
            #expect(try azure.requests("acr.log").filter { $0["target"]?.string == "/oauth2/exchange" }.count == 3)
            // Two hours wrong in either direction: the second assertion is made by Entra's clock.
            for error in [Duration.seconds(-7200), .seconds(7200)] {
                azure.forget()
                _ = try ask("app.pem", clockError: error)
                #expect(try azure.requests("entra.log").count == 2)
            }
            let refusals: [(String, [String: String], Failure.Code, String)] = [
                ("other.pem", [:], .denied, "does not have this certificate, or it has expired (AADSTS700027"),
                ("locked.pem", [:], .invalid, "it is encrypted, and no password is given"),
                ("app.pfx", ["AZURE_CLIENT_CERTIFICATE_PASSWORD": "canary"], .invalid, "its password is another one"),
                ("app.key", [:], .invalid, "no certificate that belongs to its key"),
                ("app.crt", [:], .invalid, "no private key"),
                ("none.pem", [:], .local, "AZURE_CLIENT_CERTIFICATE_PATH"),
            ]
            for (file, more, code, words) in refusals {
                let failure = #expect(throws: Failure.self) { try ask(file, more) }
                #expect(failure?.code == code && failure?.description.contains(words) == true, "\(failure?.description ?? "")")
                #expect(failure?.description.contains("canary") == false)
            }
            let settings = [
                "clientCertificateFile": azure.folder.path("app.pfx"), "clientCertificatePasswordFile": azure.folder.path("password"),
            ]
            _ = try azure.ask(settings, environment: azure.application)
        }
    }

    @Test func `an application that trusts a subject name gets the chain`() async throws {
        try await onThread {
            let azure = try FakeAzure(["--require-chain"])
            let environment = azure.application.merging(["AZURE_CLIENT_CERTIFICATE_PATH": azure.folder.path("app.pem")]) { $1 }
            let failure = #expect(throws: Failure.self) { try azure.ask(environment: environment) }
            #expect(failure?.description.contains("set sendCertificateChain") == true)
            _ = try azure.ask(["sendCertificateChain": "true"], environment: environment)
            _ = try azure.ask(environment: environment.merging(["AZURE_CLIENT_SEND_CERTIFICATE_CHAIN": "1"]) { $1 })
        }
    }

    @Test func `a federated token is read anew each time`() async throws {
        try await onThread {
            let azure = try FakeAzure()
            let environment = azure.application.merging(["AZURE_FEDERATED_TOKEN_FILE": azure.folder.path("projected")]) { $1 }
            azure.folder.write("projected", "eyJ.federated.token\n")
            _ = try azure.ask(environment: environment)
            azure.folder.write("federated", "eyJ.rotated.token")
            let failure = #expect(throws: Failure.self) { try azure.ask(environment: environment) }
            #expect(failure?.description.contains("AADSTS700213") == true)
            azure.folder.write("projected", "eyJ.rotated.token\n")
            _ = try azure.ask(environment: environment)
        }
    }

    @Test func `managed identities open the registry`() async throws {
        try await onThread {
            let azure = try FakeAzure()
            for name in ["system", FakeAzure.assigned, "object:object"] {
                let reply = try azure.ask(["managedIdentity": name], environment: [:])
                #expect(try azure.status(of: reply, repository: "app") == 404)
            }
            #expect(try azure.requests("entra.log").isEmpty)
            let failure = #expect(throws: Failure.self) { try azure.ask(["managedIdentity": "stranger"], environment: [:]) }
            #expect(failure?.description.contains("does not have the managed identity with client id stranger") == true)
        }
    }

    @Test func `a token for pulling one repository opens that and no other`() async throws {
        try await onThread {
            let azure = try FakeAzure()
            let reply = try azure.ask(["pullOnly": "true", "managedIdentity": "system"], environment: [:], repository: "team/app")
            #expect(reply.entries.map(\.pattern) == ["\(azure.host)/team/app"] && reply.scope == .image)
            #expect(try azure.status(of: reply, repository: "team/app") == 404)
            #expect(try azure.status(of: reply, repository: "team/other") == 401)
            #expect(try azure.requests("acr.log").prefix(2).map { $0["target"]?.string } == ["/oauth2/exchange", "/oauth2/token"])
        }
    }

    @Test func `the same environment leads azure-identity and the provider to the same question`() async throws {
        try await onThread {
            let azure = try FakeAzure()
            let certificate = ["AZURE_CLIENT_CERTIFICATE_PATH": azure.folder.path("app.pem")]
            let federated = ["AZURE_FEDERATED_TOKEN_FILE": azure.folder.path("federated")]
            let secret = ["AZURE_CLIENT_SECRET": FakeAzure.secret]
            let environments: [[String: String]] = [
                azure.application.merging(secret) { $1 },
                azure.application.merging(certificate) { $1 },
                azure.application.merging(federated) { $1 },
                azure.application.merging(secret) { $1 }.merging(certificate) { $1 }.merging(federated) { $1 },
                azure.application.merging(certificate) { $1 }.merging(federated) { $1 },
                [:],
                ["AZURE_CLIENT_ID": FakeAzure.assigned],
            ]
            for environment in environments {
                azure.forget()
                let login = try Tool.run(
                    Repository.python, ["\(Repository.root)/Tests/Fakes/azure_login.py", azure.caFile],
                    environment: azure.places.merging(environment) { $1 }.merging(["NO_PROXY": "*"]) { $1 })
                #expect(login.status == 0, "\(login)")
                let theirs = try azure.grants()
                azure.forget()
                _ = try azure.ask(environment: environment)
                #expect(try azure.grants() == theirs && theirs.count == 1, "\(environment.keys.sorted())")
            }
        }
    }
}
