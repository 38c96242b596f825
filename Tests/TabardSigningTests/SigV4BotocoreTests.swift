import TabardCore
import TabardJSON
import TabardSigning
import TabardTestSupport
import Testing

/// Random requests, signed by botocore too.
@Suite struct SigV4BotocoreTests {
    struct Draw {
        var request: SigV4Request
        var body: [UInt8] = []
        var credentials: AWSCredentials
        var signer: SigV4Signer
        var seconds: Int64
        var lifetime: Int64?
        var isUnsigned = false
    }

    @Test func `botocore signs random requests the same way`() throws {
        var system = SystemRandomNumberGenerator()
        let seed = system.next()
        print("seed \(seed)")
        var random = SplitMix(seed: seed)
        var keys = SigV4KeyCache()
        var questions: [String] = []
        var ours: [String] = []
        for _ in 0..<4000 {
            let draw = Self.draw(&random)
            questions.append(try Self.question(draw))
            let time = UTCTime(unixNanoseconds: draw.seconds * 1_000_000_000)
            if let lifetime = draw.lifetime {
                ours.append(
                    draw.signer.query(for: draw.request, credentials: draw.credentials, at: time, lifetime: .seconds(lifetime), keys: &keys)
                        .text)
            } else {
                let headers = draw.signer.headers(for: draw.request, credentials: draw.credentials, at: time, keys: &keys)
                ours.append("\(headers.text("X-Amz-Date") ?? "") \(headers.text("Authorization") ?? "")")
            }
        }
        let answers = try PythonOracle("sigv4.py").answers(to: questions)
        var differences = 0
        for (index, line) in answers.enumerated() {
            let node = try JSONDocument(parsing: Array(line.utf8)).root
            let theirs = try node["query"]?.asString() ?? "\(node.requireString("date")) \(node.requireString("authorization"))"
            if theirs != ours[index] {
                differences += 1
                if differences <= 5 {
                    Issue.record("seed \(seed), request \(index): \(questions[index])\n  ours     \(ours[index])\n  botocore \(theirs)")
                }
            }
        }
        #expect(differences == 0)
    }

    private static func draw(_ random: inout SplitMix) -> Draw {
        func pick<Element>(_ choices: [Element]) -> Element { choices[Int.random(in: 0..<choices.count, using: &random)] }
        func text(_ alphabet: String, _ range: ClosedRange<Int>) -> String {
            let alphabet = Array(alphabet)
            return String(
                (0..<Int.random(in: range, using: &random)).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] })
        }
        let plain = "abzABZ019-_.~"
        let isQuery = Bool.random(using: &random)
        var path = ""
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            path += "/" + pick(["", ".", "..", "a", "b%20c", "%2F", "x:y", text(plain + "!$&'()*+,;=:@ %é", 1...9)])
        }
        if Bool.random(using: &random) { path += "/" }
        if path.isEmpty { path = "/" }
        var query: [(name: String, value: String)] = []
        for index in 0..<Int.random(in: 0...5, using: &random) {
            let name = text(plain + " +&=/%?é日🎉", 1...6)
            query.append((isQuery ? "\(name)\(index)" : pick([name, "same"]), text(plain + " +&=/%?#é日🎉", 0...9)))
        }
        var headers: [(name: String, value: FieldValue)] = []
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            let name = pick([
                "Content-Type", "X-Amz-Target", "x-amz-meta-a", "X-Repeated", "x-repeated", "My-Header1", "Range", "User-Agent",
                "X-Amzn-Trace-Id", "Expect", "Transfer-Encoding", "Accept",
            ])
            let value = pick([
                text(plain + " ;=\"/,", 1...20), "  a   b  c ", "first\r\n  second\r\n\tthird", "\ta\t\tb", "value",
            ])
            headers.append((name, .text(value)))
        }
        let isUnsigned = !isQuery && Int.random(in: 0..<4, using: &random) == 0
        let body = isQuery ? [] : Array(text("{}abc\u{0}é", 0...80).utf8)
        let payload: SigV4Request.Payload =
            isUnsigned ? .unsigned : body.isEmpty ? .empty : .bytes(body.withUnsafeBytes { Secret(copying: $0) })
        let options = SigV4Options(
            encodesPathTwice: Bool.random(using: &random), normalizesPath: Bool.random(using: &random),
            sendsPayloadDigest: !isQuery && Bool.random(using: &random))
        return Draw(
            request: SigV4Request(
                method: pick(["GET", "POST", "PUT", "DELETE", "HEAD"]),
                host: pick(["api.ecr.eu-west-1.amazonaws.com", "127.0.0.1:5000", "sts.amazonaws.com", "[::1]:8443"]), path: path,
                query: query, headers: headers, payload: payload),
            body: body,
            credentials: AWSCredentials(
                accessKeyID: "AKIA" + text("ABC234567", 16...16), secretAccessKey: Secret(text(plain + "/+=é", 1...90)),
                sessionToken: Bool.random(using: &random) ? Secret(text(plain + "/+=", 1...200)) : nil),
            signer: SigV4Signer(
                region: pick(["us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1"]),
                service: pick(["ecr", "ecr-public", "sts", "s3"]), options: options),
            seconds: Int64.random(in: 0..<4_102_444_800, using: &random),
            lifetime: isQuery ? Int64.random(in: 1...604800, using: &random) : nil, isUnsigned: isUnsigned)
    }

    private static func question(_ draw: Draw) throws -> String {
        var writer = JSONWriter()
        try writer.object { (writer) throws(Failure) in
            writer.field("method", draw.request.method)
            writer.field("host", draw.request.host)
            writer.field("path", draw.request.path)
            writer.array("query") { writer in
                for item in draw.request.query {
                    writer.array { writer in
                        writer.value(item.name)
                        writer.value(item.value)
                    }
                }
            }
            writer.array("headers") { writer in
                for field in draw.request.headers {
                    writer.array { writer in
                        writer.value(field.name)
                        if case .text(let text) = field.value { writer.value(text) }
                    }
                }
            }
            writer.field("body", draw.body.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
            writer.field("key", draw.credentials.accessKeyID)
            try writer.field("secret", draw.credentials.secretAccessKey)
            if let token = draw.credentials.sessionToken {
                try writer.field("token", token)
            } else {
                writer.nullField("token")
            }
            writer.field("region", draw.signer.region)
            writer.field("service", draw.signer.service)
            writer.field("time", draw.seconds)
            if let lifetime = draw.lifetime { writer.field("lifetime", lifetime) } else { writer.nullField("lifetime") }
            writer.field("unsigned", draw.isUnsigned)
            writer.field("twice", draw.signer.options.encodesPathTwice)
            writer.field("normalizes", draw.signer.options.normalizesPath)
            writer.field("sends_digest", draw.signer.options.sendsPayloadDigest)
        }
        return writer.finish().text
    }
}
