import TabardCore
import TabardJSON
import TabardPluginKit
import TabardPluginTestSupport
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardECR

/// Against moto, which verifies every signature and IAM policy by itself.
@Suite struct MotoTests {
    @Test func `a verifying server accepts our signature, and its refusals become words`() async throws {
        try await onThread {
            let folder = TemporaryFolder()
            let service = try RunningService("ecr.py", ["--keys", folder.path("keys.json")], in: folder)
            let keys = try JSONDocument(parsing: try FileSystem.contents(of: folder.path("keys.json"), limit: 1 << 16)).root
            let puller = try keys.requireObject("puller")
            let variables = [
                "AWS_ENDPOINT_URL_ECR": "http://\(service.host)", "AWS_ACCESS_KEY_ID": try puller.requireString("accessKeyId"),
                "AWS_SECRET_ACCESS_KEY": try puller.requireString("secretAccessKey"),
            ]
            let request = PluginRequest(registry: "123456789012.dkr.ecr.us-east-1.amazonaws.com", repository: "app")
            func ask(_ changes: [String: String] = [:], clockError: Duration = .zero) throws -> ProviderReply {
                let services = LiveServices(clockError: clockError)
                return try ECRProviderTests.provider(variables.merging(changes) { $1 }).provide(request, call: services.call)
            }

            let reply = try ask()
            #expect(reply.entries.first?.username == "AWS")
            #expect((reply.entries.first?.password.count ?? 0) > 1000)
            let left = reply.expires.map { $0.duration(since: LiveServices().unixTime) } ?? .zero
            #expect(left > .seconds(43100) && left <= .seconds(43201))

            // A clock that is wrong in either direction costs one more request, and the expiry is right on that clock.
            for error in [Duration.seconds(-7200), .seconds(7200)] {
                let skewed = try ask(clockError: error)
                let left = skewed.expires.map { $0.duration(since: LiveServices().unixTime.adding(error)) } ?? .zero
                #expect(left > .seconds(43100) && left <= .seconds(43201))
            }

            let wrong = try #require(failure { try ask(["AWS_SECRET_ACCESS_KEY": "wrong"]) })
            #expect(wrong.code == .denied)
            #expect(wrong.description.contains("AWS computes another signature"), "\(wrong)")
            #expect(wrong.description.contains("the clocks agree"), "\(wrong)")

            let stranger = try keys.requireObject("stranger")
            let denied = try #require(
                failure {
                    try ask([
                        "AWS_ACCESS_KEY_ID": try stranger.requireString("accessKeyId"),
                        "AWS_SECRET_ACCESS_KEY": try stranger.requireString("secretAccessKey"),
                    ])
                })
            #expect(denied.description.contains("allow ecr:GetAuthorizationToken (resource *)"), "\(denied)")

            // STS takes signed forms: moto looks at the permission only after the signature.
            let role = "arn:aws:iam::123456789012:role/A"
            let profile = folder.write(
                "config",
                """
                [profile A]
                role_arn = \(role)
                source_profile = A
                aws_access_key_id = \(try puller.requireString("accessKeyId"))
                aws_secret_access_key = \(try puller.requireString("secretAccessKey"))
                """)
            let profiled = [
                "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "A", "AWS_CONFIG_FILE": profile,
                "AWS_ENDPOINT_URL_STS": "http://\(service.host)",
            ]
            let untrusted = try #require(failure { try ask(profiled) })
            #expect(untrusted.description.contains("not authorized to perform: sts:AssumeRole"), "\(untrusted)")
            #expect(untrusted.description.contains("allow sts:AssumeRole on \(role)"), "\(untrusted)")

            let unknown = try #require(failure { try ask(["AWS_ACCESS_KEY_ID": "AKIAUNKNOWNUNKNOWN00"]) })
            #expect(unknown.description.contains("does not know access key AKIA…WN00"), "\(unknown)")
        }
    }
}
