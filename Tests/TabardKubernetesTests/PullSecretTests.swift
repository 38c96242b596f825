import TabardCore
import TabardKeyring
import TabardKubernetes
import Testing

@Suite struct PullSecretTests {
    static func base64(_ text: String) -> String { Base64.encode(Secret(text)).text }

    static func secret(_ name: String, _ type: String, _ data: String, namespace: String? = nil) -> String {
        let place = namespace.map { #","namespace":"\#($0)""# } ?? ""
        return #"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"\#(name)"\#(place)},"type":"kubernetes.io/\#(type)",\#(data)}"#
    }
    static func json(_ config: String) -> String { #""data":{".dockerconfigjson":"\#(base64(config))"}"# }
    static func cfg(_ config: String) -> String { #""data":{".dockercfg":"\#(base64(config))"}"# }
    static func auths(_ users: KeyValuePairs<String, String>) -> String {
        #"{"auths":{"# + users.map { #""\#($0.key)":{"username":"\#($0.value)","password":"p"}"# }.joined(separator: ",") + "}}"
    }

    func parse(_ text: String) throws -> PullSecret.Reading { try PullSecret.parse(Secret(text), file: "s.json") }

    @Test func `both types are read, from data and from stringData`() throws {
        let legacy = #"{"r.io":{"auth":"dXNlcjpwYXNzd29yZA=="}}"#
        let plain =
            #""data":{".dockerconfigjson":"bm9uc2Vuc2U="},"stringData":{".dockerconfigjson":"{\"auths\":{\"r.io\":{\"username\":\"user\",\"password\":\"password\"}}}"}"#
        for (type, data) in [
            ("dockerconfigjson", Self.json(#"{"auths":{"r.io":{"auth":"dXNlcjpwYXNzd29yZA=="}}}"#)), ("dockercfg", Self.cfg(legacy)),
            ("dockerconfigjson", plain),
        ] {
            let reading = try parse(Self.secret("regcred", type, data, namespace: "prod"))
            #expect(reading.problems.isEmpty)
            let secret = try #require(reading.secrets.first)
            #expect(secret.name == "regcred" && secret.namespace == "prod")
            #expect(secret.config.entries.map { [$0.username, $0.password.text] } == [["user", "password"]])
            #expect(secret.config.entries.map(\.origin.description) == ["pull-secret s.json: secret prod/regcred: r.io"])
        }
    }

    @Test func `the order of a list of secrets goes by key, and for one key by secret`() throws {
        let items = [
            Self.secret("s0", "dockerconfigjson", Self.json(Self.auths(["*.io": "s3wild"]))),
            #"{"kind":"ConfigMap","metadata":{"name":"c"}}"#,
            Self.secret("s1", "dockerconfigjson", Self.json(Self.auths(["r.io/a": "s1-a", "r.io": "s1"]))),
            Self.secret("s2", "dockercfg", Self.cfg(#"{"r.io":{"username":"s2cfg","password":"p"}}"#)),
        ]
        let reading = try parse(#"{"apiVersion":"v1","kind":"List","items":[\#(items.joined(separator: ","))]}"#)
        #expect(reading.problems.isEmpty)
        let keyring = Keyring(reading.secrets.flatMap(\.config.entries))
        #expect(keyring.entries(for: try ImageReference("r.io/a/b")).map(\.username) == ["s1-a", "s1", "s2cfg", "s3wild"])
    }

    @Test(arguments: [
        (secret("s", "dockerconfigjson", #""data":{".dockerconfigjson":"@@@"}"#), "is not Base64"),
        (
            secret("s", "dockerconfigjson", json("{ nonsense")),
            "(secret s) holds a text that is not JSON: expected a name in double quotes, found 'n', at line 1, column 3 in it"
        ),
        (secret("s", "dockerconfigjson", json(#"{"r.io":{"auth":"YTpi"}}"#)), "no docker config"),
        (secret("s", "dockerconfigjson", json("[]")), "no docker config: it is no object"),
        (secret("s", "dockerconfigjson", cfg("{}")), #"nothing under data[".dockerconfigjson"]"#),
        (secret("s", "dockercfg", json("{}")), #"nothing under data[".dockercfg"]"#),
        (secret("s", "dockerconfigjson", #""data":{".dockerconfigjson":""}"#), "nothing under"),
        (secret("s", "dockerconfigjson", #""data":{".dockerconfigjson":5}"#), "must be a string"),
        (secret("s", "dockerconfigjson", json(#"{"auths":[]}"#)), "no docker config: auths must be an object"),
        (secret("s", "dockerconfigjson", #""stringData":{".dockerconfigjson":"auths: {}"}"#), "not JSON"),
        (secret("s", "tls", #""data":{"tls.key":"s3cr3t"}"#), #"the type "kubernetes.io/tls""#),
    ])
    func `a secret that cannot be used says why, and spoils no other`(_ bad: String, _ says: String) throws {
        let good = Self.secret("good", "dockerconfigjson", Self.json(Self.auths(["r.io": "u"])))
        let reading = try parse(#"{"kind":"List","items":[\#(bad),\#(good)]}"#)
        #expect(reading.secrets.map(\.name) == ["good"])
        #expect(reading.problems.count == 1)
        let line = reading.problems.first?.description ?? ""
        #expect(line.contains(says), "\(line)")
        #expect(line.contains("secret s") || line.contains("items[0]"), "\(line)")
        #expect(!line.contains("s3cr3t"))
    }

    @Test func `a bad entry inside a secret is told with the secret`() throws {
        let reading = try parse(
            Self.secret("s", "dockerconfigjson", Self.json(#"{"auths":{"r.io":{"auth":"@@@"},"t.io":{"auth":"YTpi"}}}"#)))
        #expect(reading.secrets.first?.config.entries.map(\.username) == ["a"])
        #expect(reading.secrets.first?.config.problems.first?.description.contains("secret s:1:26") == true)
    }

    @Test(arguments: [
        ("", "nothing in it"), ("kind: [", "2:1"), ("[]", "object"), ("{}", "has no kind"), (#"{"auths":{}}"#, "has no kind"),
        (#"{"kind":"Pod","metadata":{"name":"p"}}"#, "no Secret in it, only Pod p"),
        (#"{"kind":"List","items":{}}"#, "items must be an array"),
        (#"{"kind":"Secret","kind":"Secret"}"#, "twice"),
    ])
    func `a file of something else is refused`(_ text: String, _ says: String) throws {
        let failure = #expect(throws: Failure.self) { try parse(text) }
        #expect(failure?.code == .invalid)
        #expect(failure?.description.contains(says) == true, "\(String(describing: failure))")
    }

    @Test(arguments: [
        ("s3cr3t%", "s.json:7:22", "is not Base64"), ("bm9uc2Vuc2U=", "s.json:7:22", "not JSON"), ("e30=", "", ""),
        ("eyJhIjoxfQ==", "s.json:7:22", "no docker config"),
    ])
    func `the kinds of mistakes are told apart, with line and column`(_ data: String, _ place: String, _ says: String) throws {
        let text = """
            # from a vault
            apiVersion: v1
            kind: Secret
            metadata: {name: s, namespace: shop}
            type: kubernetes.io/dockerconfigjson
            data:
              .dockerconfigjson: \(data)
            """
        guard !place.isEmpty else { return #expect(try parse(text).secrets.map(\.name) == ["s"]) }
        let failure = #expect(throws: Failure.self) { try parse(text) }
        #expect(failure?.subject == place && failure?.reason.contains(says) == true, "\(String(describing: failure))")
        #expect(failure?.description.contains("s3cr3t") == false)
    }
}
