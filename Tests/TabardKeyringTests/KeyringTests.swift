import TabardCore
import TabardJSON
import TabardKeyring
import TabardTestSupport
import Testing

@Suite struct KeyringTests {
    static func cases() throws -> [JSONNode] { try Fixtures.json("keyring/lookups.json").elements }

    static func entry(_ key: String, _ user: String, _ password: String = "p") -> AuthEntry {
        AuthEntry(pattern: key, username: user, password: Secret(password), origin: Origin(.dockerConfig, key))
    }

    @Test(arguments: try cases()) func `an image gets the entries that the kubelet would try, in its order`(_ test: JSONNode) throws {
        let name = try test.requireString("name")
        var entries: [AuthEntry] = []
        for node in try test.requireArray("entries") {
            let members = Secret(
                #"{"auths":{"\#(try node.requireString("key"))":{"#
                    + node.members.filter { $0.key != "key" }.map { #""\#($0.key)":"\#($0.value.string ?? "")""# }.joined(separator: ",")
                    + "}}}")
            entries += try DockerConfig.parse(members, file: "config.json", format: .config).entries
        }
        for keyring in [Keyring(entries).entries(forName:), LinearKeyring(entries).entries(forName:)] {
            let found = keyring(try test.requireString("image"))
            if let users = try test.optional("users")?.asStrings() {
                #expect(found.map(\.username) == users, "\(name)")
            } else {
                #expect(found.first?.username == (try test.requireString("first")), "\(name)")
                #expect(found.first?.password.text == (try test.requireString("password")), "\(name)")
            }
        }
    }

    @Test func `tag and digest play no part`() throws {
        let keyring = Keyring([Self.entry("r.io/team", "u"), Self.entry("r.io/team/app:1", "tag")])
        #expect(keyring.entries(for: try ImageReference("r.io/team/app:1")).map(\.username) == ["u"])
        let hub = Keyring([Self.entry("https://index.docker.io/v1/", "hub")])
        #expect(hub.entries(for: try ImageReference("nginx")).map(\.username) == ["hub"])
        #expect(
            hub.entries(for: try ImageReference("index.docker.io/acme/app@sha256:\(String(repeating: "0", count: 64))")).map(\.username)
                == ["hub"])
        #expect(Keyring([]).isEmpty)
    }

    @Test func `an entry that nearly matches says why not`() throws {
        let keyring = Keyring([Self.entry("r.io:443", "u"), Self.entry("other.example", "v")])
        let misses = keyring.nearMisses(for: try ImageReference("r.io/app"))
        #expect(misses.map(\.pattern) == ["r.io:443"])
        #expect(misses.first?.reason.contains("port") == true)
    }

    @Test func `of other repositories only the closest are near, and none when something matches`() throws {
        let teams = (0..<20).map { Self.entry("r.io/team\($0)", "u\($0)") } + [Self.entry("r.io/other/app", "o")]
        let image = try ImageReference("r.io/other/api")
        #expect(Keyring(teams).nearMisses(for: image).map(\.pattern).sorted() == ["r.io/other/app", "r.io/team9", "r.io/team8"].sorted())
        #expect(Keyring(teams + [Self.entry("r.io", "root")]).nearMisses(for: image).isEmpty)
        let hub = [Self.entry("https://index.docker.io/v1/", "hub")]
        #expect(Keyring(hub).nearMisses(for: try ImageReference("nginx")).isEmpty, "it is used")
        let both = Keyring(hub + [Self.entry("docker.io/library", "d")]).nearMisses(for: try ImageReference("nginx"))
        #expect(both.map(\.pattern) == ["https://index.docker.io/v1/"] && both.first?.reason.contains("no key") == true)
    }

    @Test func `a namespace of podman ends where a component ends`() throws {
        let text = #"{"auths":{"r.io/team":{"username":"t"},"r.io/team/app":{"username":"a"},"https://s.io/v1/x":{"username":"s"}}}"#
        let keys = try DockerConfig.parse(Secret(text), file: "auth.json", format: .containers).keys
        // The second time with an index.
        let filler = (0..<40).map { KeyringTests.entry("f\($0).io", "f") }
        for keyring in [Keyring(keys: keys), Keyring(keys: keys + filler.compactMap(KeyedEntry.init))] {
            for _ in 0..<40 {
                func users(_ image: String) throws -> [String] { keyring.entries(for: try ImageReference(image)).map(\.username) }
                #expect(try users("r.io/team") == ["t"] && users("r.io/team/app") == ["a", "t"] && users("r.io/team/app-b") == ["t"])
                #expect(try users("r.io/team-b").isEmpty && users("r.io/teams/app").isEmpty && users("s.io/y") == ["s"])
            }
            let misses = keyring.nearMisses(for: try ImageReference("r.io/team-b/app"))
            #expect(misses.map(\.pattern).contains("r.io/team"), "\(misses)")
            #expect(misses.first { $0.pattern == "r.io/team" }?.reason.contains("whole components") == true)
        }
        #expect(keys.allSatisfy { $0.warning == nil })
    }

    @Test func `what docker login writes for Docker Hub is no trap`() throws {
        func warning(_ key: String) -> String? { KeyedEntry(Self.entry(key, "u"))?.warning }
        #expect(warning("https://index.docker.io/v1/") == nil && warning("index.docker.io/team")?.contains("write docker.io") == true)
        #expect(warning("registry-1.docker.io")?.contains("write docker.io") == true)
    }

    /// Keyrings made of few words collide a lot, which is where an index goes wrong.
    @Test(arguments: 0..<4) func `the index finds what looking at every key finds`(_ round: Int) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix(seed: seed)
        let labels = ["a", "b", "ab", "r", "io", "*", "*", "a*", "*b", "x-y"]
        let paths = [
            "", "/", "/t", "/te", "/team", "/team/", "/team/app", "/team-b", "/v1/", "/v2/", "/v1/team", "/v2", "/%74eam", "/*", "/a/b/c",
        ]
        let ports = ["", "", "", ":443", ":5000", ":"]
        func host() -> String {
            (0..<Int.random(in: 1...4, using: &random)).map { _ in labels.randomElement(using: &random) ?? "" }.joined(separator: ".")
        }
        func key() -> String {
            let special = [
                "docker.io", "https://index.docker.io/v1/", "docker.io/team", "[::1]:5000", "*:5000", "u@a.io", "a.io?q", "%zz", "*.*",
            ]
            if Int.random(in: 0..<12, using: &random) == 0 { return special.randomElement(using: &random) ?? "" }
            return (["", "", "https://", "http://"].randomElement(using: &random) ?? "") + host()
                + (ports.randomElement(using: &random) ?? "")
                + (paths.randomElement(using: &random) ?? "")
        }
        let entries = (0..<120).map { Self.entry(key(), "u\($0 % 100)") }
        let fast = Keyring(entries)
        let slow = LinearKeyring(entries)
        var matches = 0
        for _ in 0..<80 {
            let image =
                host().replacing("*", with: "a") + (ports.randomElement(using: &random) ?? "") + (paths.randomElement(using: &random) ?? "")
            for name in [image, "docker.io/library/\(image)", "[::1]:5000/team/app", "team/app"] {
                let found = fast.entries(forName: name).map(\.origin.detail)
                let expected = slow.entries(forName: name).map(\.origin.detail)
                guard found == expected else {
                    Issue.record("\(name): \(found), not \(expected); seed \(seed)")
                    return
                }
                matches += found.count
            }
        }
        #expect(matches > 100, "the generator must make keys that match; seed \(seed)")
    }

    @Test func `of thousands of keys only the matching ones are given`() throws {
        let keyring = Keyring(
            (0..<3000).flatMap {
                [
                    Self.entry("r\($0).example", "a\($0)"), Self.entry("r.example/team\($0)", "b\($0)"),
                    Self.entry("*.r\($0).example", "c\($0)"),
                ]
            })
        #expect(keyring.entries(for: try ImageReference("r.example/team7/app")).map(\.username) == ["b7"])
        #expect(keyring.entries(for: try ImageReference("x.r7.example/app")).map(\.username) == ["c7"])
    }
}
