import TabardCore
import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// What goes wrong between `provider-exec` and the two services that give Amazon's keys: instance metadata and STS.
@Suite struct AmazonIdentityTests {
    /// A node that asks instance metadata, and whose machine is Amazon's.
    struct Node {
        let world: World
        let metadata: RunningService

        init() throws {
            var world = try World(.amazon)
            metadata = try RunningService(
                "imds.py", ["--keys", world.folder.path("keys"), "--log", world.folder.path("metadata.log")], in: world.folder)
            for (name, value) in [
                ("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", ""), ("AWS_EC2_METADATA_DISABLED", ""),
                ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://\(metadata.host)"),
            ] {
                world.set(name, to: value)
            }
            world.configure(#""region": "eu-west-1", "endpoint": "http://\#(world.cloud.host)", "ec2": "true""#)
            self.world = world
        }
    }

    /// A Pod with a web identity; STS is the same fake as ECR, and is asked first.
    static func pod() throws -> World {
        var world = try World(.amazon)
        for (name, value) in [
            ("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", ""), ("AWS_ENDPOINT_URL_STS", "http://\(world.cloud.host)"),
            ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/node-role"),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", world.folder.write("token", "head.web-identity-token.tail")),
        ] {
            world.set(name, to: value)
        }
        return world
    }

    @Test(arguments: [
        (#"{"do": "status", "status": 503, "count": 2}"#, 5), (#"{"do": "status", "status": 429, "count": 1}"#, 4),
        (#"{"do": "reset", "count": 2}"#, 5), (#"{"do": "hang", "count": 1}"#, 4), (#"{"do": "truncate", "count": 1}"#, 4),
        (#"{"do": "status", "status": 500, "body": "<html>", "count": 1, "path": "node-role"}"#, 4),
        // A session token that is no longer known.
        (#"{"do": "status", "status": 401, "count": 1, "method": "GET"}"#, 5),
    ])
    func `what passes at instance metadata is waited for`(fault: String, requests: Int) throws {
        let node = try Node()
        try node.metadata.setFaults(fault)
        let result = try node.world.ask()
        #expect(result.status == 0, "\(result)")
        #expect(try node.world.requests(to: "metadata").count == requests)
        #expect(try node.world.requests(to: "cloud").count == 1)
    }

    @Test(arguments: [
        (#"{"do": "status", "status": 503}"#, 4, "overloaded or starting"), (#"{"do": "reset"}"#, 4, "latest/api/token): "),
        (#"{"do": "hang", "method": "PUT"}"#, 1, "HttpPutResponseHopLimit"),
        (#"{"do": "hang", "method": "GET"}"#, 4, "security-credentials/): the deadline"),
        (#"{"do": "garbage"}"#, 1, "HTTP"), (#"{"do": "status", "status": 403}"#, 3, "turned off"),
        (#"{"do": "status", "status": 200, "body": "<html>log in</html>"}"#, 1, "aws-ecr-key"),
        (#"{"do": "status", "status": 200, "body": "<html>log in</html>", "method": "GET"}"#, 1, "names no role"),
        (#"{"do": "status", "status": 200, "body": "<html>log in</html>", "path": "node-role"}"#, 1, "not JSON"),
        (#"{"do": "status", "status": 302, "headers": {"Location": "http://127.0.0.1:1/"}}"#, 1, "HTTP 302"),
        (
            #"{"do": "status", "status": 200, "body": "{\"Code\": \"AssumeRoleUnauthorizedAccess\"}", "path": "node-role"}"#, 1,
            "Unauthorized"
        ),
    ])
    func `what does not pass at instance metadata ends in time with a reason`(fault: String, status: Int32, says: String) throws {
        let node = try Node()
        try node.metadata.setFaults(fault)
        // Only silence is to end by the deadline. An attempt has two seconds of its own, within which a busy machine may not even be reset.
        let result = try node.world.ask(["--timeout", fault.contains("hang") ? "6s" : "40s"])
        expectFailure(result, status: status, saying: ["aws-ecr-key", says], hiding: try node.world.secrets())
        #expect(!result.errors.contains("log in") && result.duration < .seconds(60), "\(result)")
        #expect(try node.world.requests(to: "cloud").isEmpty)
    }

    /// An error of STS with its code.
    static func refusal(_ code: String, status: Int = 400, count: String = "") -> String {
        #"{"do": "status", "status": \#(status)\#(count), "headers": {"Content-Type": "text/xml"}, "body": "<ErrorResponse><Error><Code>\#(code)</Code><Message>m</Message></Error></ErrorResponse>"}"#
    }

    @Test(arguments: [
        (#"{"do": "status", "status": 503, "count": 2}"#, 4), (#"{"do": "status", "status": 429, "count": 1}"#, 3),
        (#"{"do": "reset", "count": 2}"#, 4), (#"{"do": "truncate", "count": 1}"#, 3),
        (#"{"do": "status", "status": 500, "body": "<html>", "count": 1}"#, 3), (refusal("Throttling", count: #", "count": 1"#), 3),
    ])
    func `what passes at STS is waited for`(fault: String, requests: Int) throws {
        let world = try Self.pod()
        try world.cloud.setFaults(fault)
        let result = try world.ask()
        #expect(result.status == 0, "\(result)")
        #expect(try world.requests(to: "cloud").count == requests)
    }

    @Test(arguments: [
        (#"{"do": "status", "status": 503}"#, 4, "HTTP 503"), (#"{"do": "reset"}"#, 4, "connection"),
        (#"{"do": "hang"}"#, 4, "the deadline"),
        (#"{"do": "garbage"}"#, 1, "HTTP"), (#"{"do": "status", "status": 403, "body": "<html>log in</html>"}"#, 3, "look for a proxy"),
        (#"{"do": "status", "status": 200, "body": "<html>log in</html>"}"#, 1, "no complete credentials"),
        (#"{"do": "status", "status": 200, "body": "<html><br>log in"}"#, 1, "XML"),
        (refusal("Throttling"), 4, "Throttling"), (refusal("AccessDenied", status: 403), 3, "trust policy"),
        (refusal("ExpiredTokenException"), 3, "expired"), (refusal("InvalidIdentityToken"), 3, "InvalidIdentityToken"),
    ])
    func `what does not pass at STS ends in time with a reason`(fault: String, status: Int32, says: String) throws {
        let world = try Self.pod()
        try world.cloud.setFaults(fault)
        let result = try world.ask(["--timeout", "6s"])
        expectFailure(
            result, status: status, saying: ["aws-ecr-key", says], hiding: try world.secrets() + ["head.web-identity-token.tail"])
        #expect(!result.errors.contains("log in") && result.duration < .seconds(30), "\(result)")
        #expect(try world.requests(to: "cloud").allSatisfy { $0["headers"]?["X-Amz-Target"] == nil })
    }

    @Test func `a clock that AWS calls wrong is corrected once`() throws {
        let world = try World(.amazon)
        let clock = UTCTime(unixNanoseconds: SystemClocks().unixNanoseconds).adding(.seconds(7200))
        try world.cloud.setFaults(
            #"{"do": "status", "status": 400, "headers": {"Date": "\#(clock.httpDate)"}, "body": "{\"__type\": \"RequestTimeTooSkewed\"}"}"#
        )
        let result = try world.ask(["--timeout", "6s"])
        expectFailure(result, status: 3, saying: ["aws-ecr-key", "clock"], hiding: try world.secrets())
        let dates = try world.requests(to: "cloud").map { String(($0["headers"]?["X-Amz-Date"]?.string ?? "").prefix(11)) }
        #expect(dates.count == 2 && dates.first != dates.last, "\(dates)")
    }
}
