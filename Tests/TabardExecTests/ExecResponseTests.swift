import TabardCore
import TabardExec
import TabardJSON
import TabardTestSupport
import Testing

@Suite struct ExecResponseTests {
    static func cases() throws -> [JSONNode] { try Fixtures.json("exec/responses.json").elements }

    static func entry(_ pattern: String, _ username: String = "AWS", _ password: String = "p", kind: AuthEntry.Kind = .basic) -> AuthEntry {
        AuthEntry(pattern: pattern, kind: kind, username: username, password: Secret(password), origin: Origin(.plugin, "x"))
    }

    @Test(arguments: try cases()) func `an answer is read or refused as the fixture says`(_ test: JSONNode) throws {
        let name = try test.requireString("name")
        let output = Secret(try test.requireString("stdout"))
        let version = try #require(ExecVersion(rawValue: try test.requireString("version")))
        let origin = Origin(.execPlugin, "test")
        if let says = try test.optional("says")?.asStrings() {
            let failure = #expect(throws: Failure.self, "\(name)") {
                try ExecResponse(parsing: output, version: version, origin: origin)
            }
            #expect(failure?.code == .badResponse, "\(name)")
            for part in says { #expect(failure?.description.contains(part) == true, "\(name): \(String(describing: failure))") }
            return
        }
        let response = try ExecResponse(parsing: output, version: version, origin: origin)
        #expect(response.scope.rawValue == (try test.requireString("scope")), "\(name)")
        #expect(response.duration == (try test.optionalInt64("seconds").map { .seconds($0) }), "\(name)")
        let auth = try test.requireObject("auth").members
        #expect(response.entries.map(\.pattern) == auth.map(\.key), "\(name)")
        for (entry, member) in zip(response.entries, auth) {
            #expect([entry.username, entry.password.text] == (try member.value.asStrings()), "\(name)")
            #expect(entry.origin == origin)
        }
    }

    @Test func `an answer is one line in the field order of Go's encoder, patterns in byte order`() throws {
        let response = ExecResponse(
            version: .v1, entries: [Self.entry("gcr.io", "_token", #"a"\<&>é"#), Self.entry("*.gcr.io", "_token", "b")], scope: .registry,
            duration: .seconds(5 * 3600 + 59 * 60 + 43) + .milliseconds(999))
        #expect(
            try response.write().text
                == #"{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Registry","#
                + #""cacheDuration":"5h59m43s","auth":{"*.gcr.io":{"username":"_token","password":"b"},"#
                + #""gcr.io":{"username":"_token","password":"a\"\\<&>é"}}}"# + "\n")
    }

    @Test(arguments: ExecVersion.allCases) func `an answer without entries is for the image alone and not kept`(_ version: ExecVersion)
        throws
    {
        let response = ExecResponse(version: version, entries: [], scope: .global, duration: .seconds(3600))
        #expect(
            try response.write().text
                == #"{"kind":"CredentialProviderResponse","apiVersion":"\#(version.apiVersion)","cacheKeyType":"Image","#
                + #""cacheDuration":"0s","auth":{}}"# + "\n")
        let tokens = ExecResponse(
            version: version, entries: [Self.entry("r.io", kind: .identityToken), Self.entry("r.io", kind: .registryToken)], scope: .global,
            duration: .seconds(3600))
        #expect(try tokens.write().text == response.write().text, "the protocol has no field for tokens")
    }

    @Test(
        arguments: [
            (nil, "0s"), (Duration.seconds(-1), "0s"), (.milliseconds(999), "0s"), (.seconds(60), "1m0s"), (.seconds(43_200), "12h0m0s"),
        ] as [(Duration?, String)])
    func `the duration is whole seconds in Go's syntax and never null`(_ duration: Duration?, _ text: String) throws {
        let response = ExecResponse(version: .v1, entries: [Self.entry("r.io")], scope: nil, duration: duration)
        #expect(try response.write().text.contains(#""cacheKeyType":"Image","cacheDuration":"\#(text)","#))
    }

    @Test func `the first of two entries for one pattern stays`() throws {
        let response = ExecResponse(
            version: .v1, entries: [Self.entry("r.io", "first"), Self.entry("r.io", "second")], scope: .registry, duration: .seconds(60))
        #expect(response.entries.map(\.username) == ["first"])
    }

    @Test func `what is written can be read back, whatever is in the password`() throws {
        for password in ["", "a\nb\u{0}c", "\u{1F511} \\ \" /", String(repeating: "x", count: 20_000)] {
            let written = try ExecResponse(
                version: .v1beta1, entries: [Self.entry("*.r.io:5000/team", "", password)], scope: .global, duration: .seconds(1)
            ).write()
            let read = try ExecResponse(parsing: written, version: .v1beta1, origin: Origin(.execPlugin, "x"))
            #expect(read.entries.map(\.password.text) == [password])
            #expect(read.entries.map(\.pattern) == ["*.r.io:5000/team"])
        }
        let broken = ExecResponse(
            version: .v1,
            entries: [
                AuthEntry(
                    pattern: "r.io", username: "u", password: [UInt8(0xFF)].withUnsafeBytes { Secret(copying: $0) },
                    origin: Origin(.plugin, "x"))
            ], scope: nil, duration: nil)
        #expect(throws: Failure.self) { try broken.write() }
    }
}
