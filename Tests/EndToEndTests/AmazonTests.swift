import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// Amazon's provider as operators meet it: settings, rules, faults, proxies.
@Suite struct AmazonTests {
    @Test func `a rule gives a registry of another name its region, and a Pod without a role is told what to do`() throws {
        let world = try World(.amazon)
        let rule =
            #""endpoint": "http://\#(world.cloud.host)", "rules": [{"match": "\#(world.host)", "account": "123456789012", "region": "eu-west-1"}]"#
        world.configure(rule)
        #expect(try world.ask().status == 0)
        world.configure(#"\#(rule), "serviceAccount": "require""#)
        expectFailure(
            try world.ask(), status: 3, saying: ["aws-ecr-key", "no service account token", "tokenAttributes"], hiding: try world.secrets())
        world.configure(#""region": "eu-west-1", "rules": [{"account": "1", "region": "eu-west-1"}]"#)
        expectFailure(try world.ask(), status: 2, saying: ["aws-ecr-key", "twelve digits"], hiding: try world.secrets())
        #expect(try world.requests(to: "cloud").count == 1)
    }

    @Test(arguments: [
        (#"{"do": "reset", "count": 2}"#, 3), (#"{"do": "status", "status": 503, "count": 2}"#, 3),
        (#"{"do": "status", "status": 429, "count": 1}"#, 2),
        (#"{"do": "truncate", "count": 1}"#, 2), (#"{"do": "status", "status": 500, "count": 1, "body": "<html>"}"#, 2),
        (#"{"do": "delay", "seconds": 0.3, "count": 1}"#, 1),
    ])
    func `what passes is waited for`(fault: String, requests: Int) throws {
        let world = try World(.amazon)
        try world.cloud.setFaults(fault)
        let result = try world.ask()
        #expect(result.status == 0, "\(result)")
        #expect(try world.requests(to: "cloud").count == requests)
    }

    @Test(arguments: [
        (#"{"do": "reset"}"#, 4, "connection"), (#"{"do": "status", "status": 503}"#, 4, "HTTP 503"), (#"{"do": "hang"}"#, 4, ""),
        (#"{"do": "garbage"}"#, 1, "HTTP"), (#"{"do": "status", "status": 403, "body": "<html>log in</html>"}"#, 3, "look for a proxy"),
        (#"{"do": "status", "status": 200, "body": "<html>log in</html>"}"#, 1, "not JSON"),
        (#"{"do": "status", "status": 302, "headers": {"Location": "http://127.0.0.1:1/"}}"#, 1, "HTTP 302"),
        (
            #"{"do": "status", "status": 400, "headers": {"Content-Type": "application/x-amz-json-1.1"}, "body": "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}"}"#,
            4, "ask AWS for a higher quota"
        ),
    ])
    func `what does not pass ends in time with a reason`(fault: String, status: Int32, says: String) throws {
        let world = try World(.amazon)
        try world.cloud.setFaults(fault)
        let result = try world.ask(["--timeout", "6s"])
        expectFailure(result, status: status, saying: ["aws-ecr-key", says], hiding: try world.secrets())
        #expect(result.duration < .seconds(30))
    }

    @Test func `instance metadata is never asked through a proxy`() throws {
        var world = try World(.amazon)
        let metadata = try RunningService(
            "imds.py", ["--keys", world.folder.path("keys"), "--log", world.folder.path("metadata.log")], in: world.folder)
        let proxied = ["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": ""]
        for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] { world.set(name, to: "http://127.0.0.1:9") }
        world.set("no_proxy", to: world.cloud.host)
        world.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", to: "http://\(metadata.host)")
        let result = try world.ask(environment: proxied)
        #expect(result.status == 0, "\(result)")
        #expect(try world.requests(to: "metadata").count == 3)
        // And what it gave is no secret of ours to tell.
        let keys = try JSONDocument(parsing: try FileSystem.contents(of: world.folder.path("keys"), limit: 1 << 16)).root
        let node = try keys.requireObject("node")
        expectNoSecret(result, [try node.requireString("secretAccessKey"), try node.requireString("sessionToken")])
    }
}
