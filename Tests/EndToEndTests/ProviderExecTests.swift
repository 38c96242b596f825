import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// `provider-exec` as the kubelet calls it: one process, one question.
@Suite struct ProviderExecTests {
    @Test(arguments: ["v1", "v1beta1", "v1alpha1"])
    func `the answer is what the kubelet reads, in the version of the question`(version: String) throws {
        let world = try World(account: ["--lifetime", "1800"])
        let result = try world.ask(version: version)
        #expect(result.status == 0, "\(result)")
        let token = try #require(try world.issued().first)
        let lifetime = try #require(result.output.firstMatch(of: /"cacheDuration":"([0-9hms.]+)"/)).1
        // No white space, the kubelet's own order of fields, one line break at the end.
        #expect(
            result.output == """
                {"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/\(version)","cacheKeyType":"Registry",\
                "cacheDuration":"\(lifetime)","auth":{"\(world.registry.host)":{"username":"oauth2accesstoken","password":"\(token)"}}}

                """)
        #expect(lifetime.hasSuffix("s") && lifetime != "0s")
        #expect(SecretScan(try world.secrets()).findings(in: result.errors).isEmpty)
    }

    @Test func `the metadata server is asked as the real one wants it`() throws {
        let world = try World()
        #expect(try world.ask().status == 0)
        let requests = try world.requests(to: "cloud")
        #expect(!requests.isEmpty)
        #expect(requests.allSatisfy { $0["status"]?.int64 == 200 && $0["headers"]?["X-Forwarded-For"] == nil })
    }

    @Test func `a registry takes the password`() throws {
        let world = try World()
        let answer = try JSONDocument(parsing: Array(try world.ask().output.utf8)).root
        let entry = try #require(answer["auth"]?[world.registry.host])
        let credentials = "\(try #require(entry["username"]?.string)):\(try #require(entry["password"]?.string))"
        let read = try Tool.run("skopeo", ["inspect", "--raw", "--tls-verify=false", "--creds", credentials, "docker://\(world.image)"])
        #expect(read.status == 0 && read.output.contains("schemaVersion"), "\(read)")
    }

    @Test func `an image that nobody serves has an empty answer that is not cached`() throws {
        let world = try World()
        let result = try world.ask(image: "registry.example.com/team/app:1")
        #expect(result.status == 0, "\(result)")
        #expect(
            result.output == """
                {"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Image",\
                "cacheDuration":"0s","auth":{}}

                """)
        #expect(try world.requests(to: "cloud").isEmpty)
    }

    @Test(arguments: [
        ("", ["request"]), ("{", [":1:"]), ("null", ["request"]), ("[]", ["request"]), ("kind: CredentialProviderRequest\n", [":1:"]),
        (#"{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"a/b"} trailing"#, [":1:"]),
        (#"{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v9","image":"a/b"}"#, ["v9", "v1"]),
        (#"{"kind":"CredentialProviderRequest","image":"a/b"}"#, ["apiVersion"]),
        (#"{"kind":"Pod","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"a/b"}"#, ["kind"]),
        (#"{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":""}"#, ["image"]),
        (#"{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1"}"#, ["image"]),
        (#"{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"A B/:"}"#, ["image"]),
    ])
    func `a request that is none is refused with its reason`(request: String, words: [String]) throws {
        let result = try Tool.run(StagedTools.path("provider-exec"), input: request.utf8, environment: StagedTools.environment)
        expectFailure(result, status: 2, saying: words, hiding: [])
        let lines = result.errors.split(separator: "\n").filter { !$0.contains("TABARD_PLUGIN_RELAXED") }
        #expect(lines.count == 1, "\(result)")
    }

    @Test func `a metadata server that is not there is unavailable`() throws {
        let world = try World()
        world.configure(#""metadataHost": "127.0.0.1:9""#)
        // Who names a metadata server has one: it is waited for until the deadline.
        expectFailure(
            try world.ask(["--timeout", "2s"]), status: 4, saying: ["google-container-registry", "127.0.0.1:9"],
            hiding: try world.secrets())
    }

    @Test func `a metadata server that never answers costs the time-out and no more`() throws {
        let world = try World()
        try world.cloud.setFaults(#"{"do": "hang"}"#)
        let result = try world.ask(["--timeout", "2s"])
        expectFailure(result, status: 4, saying: ["google-container-registry"], hiding: try world.secrets())
        #expect(result.duration < .seconds(5), "\(result)")
    }

    @Test func `a metadata server that is busy at first is asked again`() throws {
        let world = try World()
        try world.cloud.setFaults(#"{"do": "status", "status": 503, "count": 1}"#, #"{"do": "reset", "count": 1}"#)
        let result = try world.ask()
        #expect(result.status == 0, "\(result)")
        #expect(try world.requests(to: "cloud").count >= 3)
    }

    @Test(arguments: [
        (
            #"{"do": "status", "status": 200, "headers": {"Content-Type": "text/html", "Metadata-Flavor": "Google"}, "body": "<html>log in to continue</html>"}"#,
            [1]
        ),
        (#"{"do": "drop", "header": "Metadata-Flavor"}"#, [1, 4]),
        (#"{"do": "garbage"}"#, [1, 4]), (#"{"do": "truncate"}"#, [1, 4]), (#"{"do": "reset"}"#, [4]),
        (#"{"do": "status", "status": 500}"#, [4]), (#"{"do": "status", "status": 403, "headers": {"Metadata-Flavor": "Google"}}"#, [3]),
        (
            #"{"do": "status", "status": 200, "headers": {"Content-Type": "application/json", "Metadata-Flavor": "Google"}, "body": "{\"access_token\": \"\", \"expires_in\": 3599, \"token_type\": \"Bearer\"}"}"#,
            [1]
        ),
    ])
    func `an answer that is no token fails with a reason and without an answer`(fault: String, statuses: [Int32]) throws {
        let world = try World()
        try world.cloud.setFaults(fault)
        let result = try world.ask(["--timeout", "5s"])
        #expect(statuses.contains(result.status ?? -1), "\(result)")
        expectFailure(result, status: result.status ?? -1, saying: ["google-container-registry"], hiding: try world.secrets())
        #expect(!result.errors.contains("log in to continue"), "an undecodable answer is never quoted")
    }

    @Test func `a machine without an account is told apart from a broken one`() throws {
        let world = try World(account: ["--no-account"])
        let result = try world.ask()
        #expect(result.status != 0 && result.status != 4, "\(result)")
        expectFailure(result, status: result.status ?? -1, saying: ["account"], hiding: try world.secrets())
    }

    @Test func `a provider of that name that nobody knows is a wrong command line`() throws {
        let world = try World()
        expectFailure(
            try world.ask(["--provider", "google-container-registri"]), status: 2,
            saying: ["google-container-registri", "google-container-registry"],
            hiding: [])
    }

    @Test(arguments: [
        ("{", ["config.json:1:"]),
        (#"{"providers": {"google-container-registry": {"metadataHots": "x"}}}"#, ["config.json", "metadataHots", "metadataHost"]),
        (#"{"provider": {}}"#, ["config.json", "provider", "providers"]),
    ])
    func `a configuration that is wrong is refused with file and place`(text: String, words: [String]) throws {
        let world = try World()
        world.folder.write("config.json", text)
        expectFailure(try world.ask(["--config", world.folder.path("config.json")]), status: 2, saying: words, hiding: [])
    }
}
