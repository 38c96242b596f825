import TabardCore
import TabardJSON
import TabardPluginKit
import TabardTestSupport
import Testing

@testable import TabardECR

/// The same variables and files given to botocore: the same identity chosen.
@Suite struct BotocoreChainTests {
    private struct Case {
        let name: String
        let world: ChainWorld
        /// Why ours is another answer than botocore's, where it is on purpose.
        var difference: String?
    }

    @Test func `on every case of the data, botocore chooses the same identity or the difference is explained`() throws {
        var cases: [Case] = []
        for node in try Fixtures.jsonLines("ecr/chain-cases.jsonl") {
            cases.append(
                Case(
                    name: try node.requireString("name"),
                    world: ChainWorld(
                        environment: try node.requireObject("environment").asStringMap(),
                        files: try node.requireObject("files").asStringMap(),
                        hasMetadata: try node.requireBool("metadata")), difference: try node.optionalString("differs")))
        }
        #expect(try compare(cases) > 130)
    }

    @Test func `on random profiles and variables, botocore chooses the same identity`() throws {
        var system = SystemRandomNumberGenerator()
        let seed = system.next()
        print("seed \(seed)")
        var random = SplitMix(seed: seed)
        let cases = (0..<400).map { Case(name: "seed \(seed), case \($0)", world: Self.draw(&random)) }
        #expect(try compare(cases) == 400)
    }

    /// Reports the first differences; how many cases were compared.
    private func compare(_ cases: [Case]) throws -> Int {
        let questions = try cases.map { try Self.question($0.world) }
        let answers = try PythonOracle("aws_chain.py").answers(to: questions)
        var reported = 0
        for (index, (entry, line)) in zip(cases, answers).enumerated() {
            let theirs = try JSONDocument(parsing: Array(line.utf8)).root
            let ours = entry.world.key()
            let key = try? ours.get()
            if let difference = entry.difference {
                #expect(key != theirs["key"]?.string, "\(entry.name) is explained (\(difference)), but is no difference any more")
                continue
            }
            guard key != theirs["key"]?.string, reported < 8 else { continue }
            reported += 1
            Issue.record("\(entry.name): \(questions[index])\n  ours     \(ours)\n  botocore \(line)")
        }
        return answers.count
    }

    private static func question(_ world: ChainWorld) throws -> String {
        var writer = JSONWriter()
        writer.object { writer in
            for (name, values) in [("environment", world.environment), ("files", world.files)] {
                writer.object(name) { writer in
                    for (key, value) in values.sorted(by: { $0.key < $1.key }) { writer.field(key, value) }
                }
            }
            writer.field("metadata", world.hasMetadata)
            writer.field("region", ChainWorld.region)
        }
        return writer.finish().withBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// What both read in the same way. Left out: web identity in the environment beside a profile with a role, where the orders differ; keys
    /// beside a role, where botocore takes the keys of a profile that is a source, and the Go SDK and we the role; a chosen profile that does
    /// not exist, which botocore refuses even where keys in the environment come first; comments behind values, which botocore keeps.
    private static func draw(_ random: inout SplitMix) -> ChainWorld {
        func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
        func pick<Element>(_ choices: [Element]) -> Element { choices[Int.random(in: 0..<choices.count, using: &random)] }
        let names = ["default", "A", "B", "C"]
        var config = ""
        var credentials = ""
        var hasRole = false
        var present: [String] = []
        for name in names where chance(80) {
            present.append(name)
            let header = name == "default" ? pick(["[default]", "[profile default]"]) : "[profile \(name)]"
            config += "\(pick(["", "# a comment\n", "\n"]))\(header)\(pick(["", " ", " ; c"]))\n"
            func keys() -> String {
                "aws_access_key_id\(pick(["=", " = ", "  =\t"]))KEY\(name)\(pick(["", " "]))\naws_secret_access_key = s#;\n"
            }
            if chance(60) {
                config += "role_arn = arn:aws:iam::123456789012:role/\(name)\n"
                hasRole = true
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<5: config += "source_profile = \(pick(names + ["Nobody"]))\n"
                case 5..<8: config += "credential_source = \(pick(["Environment", "EcsContainer", "Ec2InstanceMetadata"]))\n"
                case 8: config += "web_identity_token_file = /token\n"
                default: break
                }
                if chance(30) { config += "external_id = \(pick(["x", "e x", "a+b"]))\n" }
                if chance(20) { config += "duration_seconds = \(pick(["900", "3600"]))\n" }
            } else if chance(80) {
                if chance(50) { config += keys() } else { credentials += "[\(name)]\n\(keys())" }
            }
            if chance(20) { config += "region = \(pick(["eu-west-1", "cn-north-1"]))\n" }
            if chance(10) { config += "use_dualstack_endpoint = true\n" }
            if chance(10) { config += "ec2_metadata_service_endpoint_mode = \(pick(["IPv6", "ipv4"]))\n" }
        }
        var environment = ["HOME": "/home"]
        if chance(50), !present.isEmpty { environment["AWS_PROFILE"] = pick(present) }
        if chance(25) { environment.merge(["AWS_ACCESS_KEY_ID": "ENVKEY", "AWS_SECRET_ACCESS_KEY": "s"]) { $1 } }
        if chance(20), !hasRole {
            environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/token"
            environment["AWS_ROLE_ARN"] = "arn:aws:iam::123456789012:role/web"
        }
        if chance(20) { environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/task" }
        if chance(20) { environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = pick(["http://localhost:1/x", "http://169.254.170.23/v1/c"]) }
        if chance(20) { environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "Basic x" }
        if chance(20) { environment["AWS_REGION"] = pick(["ap-south-1", "us-gov-west-1"]) }
        if chance(20) { environment["AWS_EC2_METADATA_DISABLED"] = pick(["true", "false", "TRUE"]) }
        if chance(10) { environment["AWS_USE_FIPS_ENDPOINT"] = "true" }
        return ChainWorld(
            environment: environment,
            files: ["/home/.aws/config": config, "/home/.aws/credentials": credentials, "/token": "jwt.of.pod\n"], hasMetadata: chance(80))
    }
}
