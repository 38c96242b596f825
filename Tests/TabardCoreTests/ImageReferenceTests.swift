import TabardCore
import TabardJSON
import TabardTestSupport
import Testing

@Suite struct ImageReferenceTests {
    @Test(arguments: try Fixtures.json("core/references.json").elements.map(FixtureCase.init))
    func `names are read as docker reads them`(fixture: FixtureCase) throws {
        let node = fixture.node
        let input = try node.requireString("input")
        guard node["error"] == nil else {
            let failure = try #require(throws: Failure.self) { try ImageReference(input) }
            #expect(failure.code == .invalid)
            #expect(!failure.reason.isEmpty)
            return
        }
        let image = try ImageReference(input)
        #expect(image.text == input)
        #expect(image.registry == node["registry"]?.string)
        #expect(image.repository == node["repository"]?.string)
        #expect(image.tag == node["tag"]?.string)
        #expect(image.digest?.description == node["digest"]?.string)
        #expect(image.isTagDefaulted == node["isTagDefaulted"]?.bool)
        #expect(image.registryHost == node["registryHost"]?.string)
        #expect(image.pullIdentifier == node["pullIdentifier"]?.string)
        // What is written out means the same when it is read again.
        let again = try ImageReference(image.description)
        #expect(again == image)
        #expect(again.description == image.description)
        #expect(again.hashValue == image.hashValue)
    }

    @Test(arguments: try Fixtures.json("core/kubelet-names.json").elements.map(FixtureCase.init))
    func `the name is the one the kubelet shows to plugins`(fixture: FixtureCase) throws {
        let node = fixture.node
        let input = try node.requireString("input")
        if let word = node["error"]?.string {
            let failure = try #require(throws: Failure.self) { try ImageReference(input) }
            #expect(word.isEmpty || failure.reason.contains(word), "\(failure)")
            return
        }
        let image = try ImageReference(input)
        #expect(image.name == node["name"]?.string)
        #expect(image.tag ?? "" == node["tag"]?.string)
        #expect(image.digest?.description ?? "" == node["digest"]?.string)
    }

    @Test(arguments: try Fixtures.json("core/default-tags.json").elements.map(FixtureCase.init))
    func `latest is added only when neither tag nor digest is there`(fixture: FixtureCase) throws {
        let input = try fixture.node.requireString("input")
        let image = try ImageReference(input)
        #expect(try fixture.node.requireString("output") == (image.isTagDefaulted ? input + ":latest" : input))
    }

    /// Texts beside the observed ones: where this parser is stricter than docker, and borders of the lengths.
    @Test(arguments: [
        "", "ex_ample.com/app", "a.b:99999/x", "a.b:0/x", "[:::]/x", "[1::2::3]/x", "[::1/x", "[::1]5/x", "[::1]:/x", "a.b/x@", "a/",
        "a.b/x:\(String(repeating: "t", count: 129))", "a.b/x:.t", "a.b/x:t@sha256:ab", "a.b/_x", "a.b/x_", "a.b/x.-y", "a.b/x-_y",
        "a.b/x__-y", "a.b/x..y", "a.b/\(String(repeating: "x", count: 256))", String(repeating: "x", count: 248), "a\nb", "x:t\r", "-a/b.c",
        String(repeating: "a", count: 64), "\(String(repeating: "a", count: 1000)).b/\(String(repeating: "x", count: 30))", "x@sha384:0011",
    ])
    func `these are refused`(text: String) {
        #expect(throws: Failure.self) { try ImageReference(text) }
    }

    @Test(arguments: [
        ("a.b:65535/x", "a.b:65535/x:latest"), ("[2001:DB8::1]/x", "[2001:DB8::1]/x:latest"), ("[::]:1/x", "[::]:1/x:latest"),
        ("localhost/x", "localhost/x:latest"), ("localhostx/y", "docker.io/localhostx/y:latest"),
        ("index.docker.io/a/b:c", "docker.io/a/b:c"),
        ("a.b/x__y--z.w_v", "a.b/x__y--z.w_v:latest"),
        (String(repeating: "x", count: 247), "docker.io/library/\(String(repeating: "x", count: 247)):latest"),
        ("x:\(String(repeating: "t", count: 128))", "docker.io/library/x:\(String(repeating: "t", count: 128))"),
        ("\(String(repeating: "a", count: 64)):t", "docker.io/library/\(String(repeating: "a", count: 64)):t"),
        ("0.0/9", "0.0/9:latest"), ("Index.Docker.io/x", "Index.Docker.io/x:latest"),
    ])
    func `these are valid`(text: String, description: String) throws {
        #expect(try ImageReference(text).description == description)
    }

    @Test(arguments: [
        ("a.b/Cd", "'C' at byte 5", ""), ("https://a.b/c", "port after ':' is empty", "scheme"), ("a.b/c:", "tag", ""),
        ("a.b/c@sha256:00", "64 hexadecimal digits", ""), ("a_b.c/x", "'_' at byte 2", ""), ("a.b/x\u{7}", "a byte at byte 6", ""),
    ])
    func `the failure says which rule and where`(text: String, reason: String, advice: String) throws {
        let failure = try #require(throws: Failure.self) { try ImageReference(text) }
        #expect(failure.reason.contains(reason), "\(failure)")
        #expect(failure.advice.contains(advice))
        #expect(failure.subject == text)
    }

    @Test(arguments: [
        "user:hunter2@a.b/c", "https://user:hunter2@a.b/c", "user:hunter2@a", "u:hunter2@a.b/c@sha256:\(String(repeating: "0", count: 64))",
    ])
    func `a password in a name is not repeated`(text: String) throws {
        let failure = try #require(throws: Failure.self) { try ImageReference(text) }
        #expect(!failure.description.contains("hunter2"), "\(failure)")
    }

    @Test func `equal are names of the same image`() throws {
        #expect(try ImageReference("nginx") == ImageReference("docker.io/library/nginx:latest"))
        #expect(try Set([ImageReference("nginx"), ImageReference("index.docker.io/library/nginx")]).count == 1)
        #expect(try ImageReference("nginx") != ImageReference("nginx:1"))
        #expect(try ImageReference("a.b/x") != ImageReference("A.b/x"))
    }

    /// Names that go through a short alphabet of the grammar's own bytes reach every branch; none may trap, and the valid ones must survive.
    @Test func `random names never trap and valid ones are stable`() {
        var random = SplitMix(seed: 7)
        let alphabet = Array("ab0A./:@-_[]%\u{E9}sha256".unicodeScalars)
        var valid = 0
        for _ in 0..<20_000 {
            var text = ""
            for _ in 0..<Int.random(in: 0...14, using: &random) {
                text.unicodeScalars.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)])
            }
            guard let image = try? ImageReference(text) else { continue }
            valid += 1
            #expect((try? ImageReference(image.description)) == image, "\(text)")
        }
        #expect(valid > 200)
    }
}
