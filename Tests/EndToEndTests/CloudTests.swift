import TabardJSON
import TabardTestSupport
import Testing

/// The main job, once through each plugin: a cloud's password opens a registry.
@Suite struct CloudTests {
    @Test(arguments: World.Cloud.allCases)
    func `an image is pulled with what the cloud gives`(cloud: World.Cloud) throws {
        let world = try World(cloud)
        let result = try world.pull(["-v", "6"])
        #expect(result.status == 0, "\(result)")
        #expect(result.output == "\(world.image)@\(world.digest)\n", "\(result)")
        expectNoSecret(result, try world.secrets())
        #expect(try world.issued().count == 1)
    }

    @Test(arguments: World.Cloud.allCases)
    func `the kubelet gets what a registry takes`(cloud: World.Cloud) throws {
        let world = try World(cloud)
        let result = try world.ask()
        #expect(result.status == 0, "\(result)")
        let entry = try #require(try JSONDocument(parsing: Array(result.output.utf8)).root["auth"]?[world.host])
        #expect(entry["username"]?.string == cloud.username)
        #expect(try world.issued().contains(try #require(entry["password"]?.string)))
        #expect(SecretScan(try world.secrets()).findings(in: result.errors).isEmpty)
    }

    @Test func `a wrong secret key is denied with Amazon's own word`() throws {
        var world = try World(.amazon)
        world.set("AWS_SECRET_ACCESS_KEY", to: "wrong/secret+key/of/forty/characters1234", isSecret: true)
        expectFailure(try world.ask(), status: 3, saying: ["aws-ecr-key", "InvalidSignatureException"], hiding: try world.secrets())
    }

    @Test func `a user without the right is denied with Amazon's own word`() throws {
        let world = try World(.amazon, user: "stranger")
        expectFailure(
            try world.ask(), status: 3, saying: ["aws-ecr-key", "not authorized to perform: ecr:GetAuthorizationToken"],
            hiding: try world.secrets())
        #expect(try world.requests(to: "cloud").count == 1)
    }

    @Test func `a machine without an access key says what was looked for`() throws {
        let world = try World(.amazon)
        let result = try world.ask(environment: ["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""])
        #expect(result.status != 0 && result.errors.contains("AWS_ACCESS_KEY_ID"), "\(result)")
        #expect(try world.requests(to: "cloud").isEmpty)
    }

    @Test func `a throttled question is asked again`() throws {
        let world = try World(.amazon)
        try world.cloud.setFaults(
            #"{"do": "status", "status": 400, "count": 1, "headers": {"Content-Type": "application/x-amz-json-1.1"}, "body": "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}"}"#
        )
        #expect(try world.ask().status == 0)
        #expect(try world.requests(to: "cloud").count == 2)
    }

    @Test func `Azure is asked twice for a password, and the registry's token is not used up`() throws {
        let world = try World(.azure)
        #expect(try world.ask().status == 0)
        #expect(try world.requests(to: "cloud").compactMap { $0["method"]?.string } == ["POST"])
        #expect(try world.requests(to: "registry").compactMap { $0["target"]?.string } == ["/oauth2/exchange"])
    }

    @Test(arguments: [("wrong~secret/of+nobody", "AADSTS7000215"), ("last~years/secret+value", "AADSTS7000222")])
    func `a wrong client secret is denied with Entra's own number`(secret: String, code: String) throws {
        let world = try World(.azure)
        world.folder.write("client-secret", secret)
        expectFailure(try world.ask(), status: 3, saying: ["azure-acr", code], hiding: try world.secrets() + [secret])
        #expect(try world.requests(to: "registry").isEmpty)
    }

    @Test func `a registry that Entra's token does not open is denied`() throws {
        let world = try World(.azure, isTrusted: false)
        expectFailure(try world.ask(), status: 3, saying: ["azure-acr", world.host], hiding: try world.secrets())
    }

    @Test func `a server whose certificate nobody vouches for gets nothing`() throws {
        let world = try World(.azure)
        let result = try world.ask(environment: ["SSL_CERT_FILE": ""])
        expectFailure(result, status: 4, saying: ["azure-acr", "certificate"], hiding: try world.secrets())
        #expect(try world.requests(to: "cloud").isEmpty)
    }
}
