import TabardCore
import TabardJSON
import TabardTestSupport
import Testing

@Suite struct ImagePatternTests {
    @Test(arguments: try Fixtures.json("core/matches.json").elements.map(FixtureCase.init))
    func `patterns match as in the kubelet`(fixture: FixtureCase) throws {
        let text = try fixture.node.requireString("pattern")
        let target = try fixture.node.requireString("target")
        let expected = try fixture.node.requireBool("match")
        if fixture.node["error"] != nil {
            #expect(throws: Failure.self) { try ImagePattern(text) }
        } else if text.isEmpty {
            #expect(!expected)
        } else {
            let pattern = try ImagePattern(text)
            #expect(pattern.matches(name: target) == expected)
            if let image = try? ImageReference(target), target.hasPrefix(image.name) {
                #expect(pattern.matches(image) == pattern.matches(name: image.name))
            }
        }
    }

    /// The two ways to ask must agree for every image and every pattern of the case files.
    @Test func `an image and its name match the same patterns`() throws {
        let patterns = try Fixtures.json("core/matches.json").elements.compactMap { $0["pattern"]?.string }.compactMap {
            try? ImagePattern($0)
        }
        var images = try (Fixtures.json("core/references.json").elements + Fixtures.json("core/kubelet-names.json").elements)
            .compactMap { $0["input"]?.string }.compactMap { try? ImageReference($0) }
        images += try Fixtures.json("core/matches.json").elements.compactMap { $0["target"]?.string }.compactMap { try? ImageReference($0) }
        var matched = 0
        for pattern in patterns {
            for image in images {
                #expect(pattern.matches(image) == pattern.matches(name: image.name), "\(pattern) \(image)")
                if pattern.matches(image) {
                    matched += 1
                    #expect(pattern.nearMiss(image) == nil)
                }
            }
        }
        #expect(patterns.count > 30 && images.count > 100 && matched > 50)
    }

    @Test(arguments: [
        ("gcr.io", "gcr.io:443/x", false), ("gcr.io:443", "gcr.io/x", false), ("gcr.io:", "gcr.io/x", true),
        ("r.io/team", "r.io/team-b/app", true),
        ("r.io/team/", "r.io/team-b/app", false), ("r.io/team/", "r.io/team", false), ("*.io", "a.b.io/x", false),
        ("*", "localhost/x", true),
        ("a*b*c.io", "a--b-bc.io/x", true), ("**.io", "x.io/y", true), ("*a.io", "b.io/y", false), ("[::1]", "[::1]/x", false),
        ("[::1]:5000", "[::1]:5000/x", true), ("[::2]:5000", "[::1]:5000/x", false), ("r.io/team/app", "r.io/team", false),
        ("*-docker.pkg.dev", "europe-west1-docker.pkg.dev/p/r/i", true), ("docker.io/library", "nginx", true),
        ("index.docker.io", "nginx", false),
        ("*.*.*.*", "10.0.0.5/x", true), ("gcr.io#x", "gcr.io/y", true), ("gcr.io.", "gcr.io/x", false),
        ("*:5000", "localhost:5000/a", true),
    ])
    func `patterns match images`(pattern: String, image: String, expected: Bool) throws {
        let image = try ImageReference(image)
        #expect(try ImagePattern(pattern).matches(image) == expected)
        #expect(try ImagePattern(pattern).matches(name: image.name) == expected)
    }

    @Test(arguments: [
        "", "/x", "@", "u@", ":443", "a b", "a\\b", "a[b", "[::1", "[x]", "[::1]x", "a:b", "a:1:2", "a/%4", "a%41", "a\u{0}", "a\u{7F}/x",
        "a^b", "a|b", "[1.2.3.4]",
    ])
    func `what Go cannot parse or has no host is refused`(text: String) throws {
        let failure = try #require(throws: Failure.self) { try ImagePattern(text) }
        #expect(failure.code == .invalid)
    }

    @Test func `a password in a pattern is not repeated`() throws {
        #expect(try ImagePattern("user:hunter2@gcr.io/x").description == "gcr.io/x")
        let failure = try #require(throws: Failure.self) { try ImagePattern("user:hunter2@g cr.io") }
        #expect(!failure.description.contains("hunter2"))
    }

    @Test func `the order is the kubelet's: bytes, descending`() throws {
        let expected = [
            "us.gcr.io", "r.io:5000", "r.io/team/app", "r.io/team", "r.io", "gcr.io", "a*.io", "[::1]:5000/x", "*.io/z", "*.gcr.io/z",
            "*.gcr.io",
        ]
        var random = SplitMix(seed: 3)
        let patterns = try expected.map { try ImagePattern($0) }
        let sorted = patterns.shuffled(using: &random).sorted { $0.isMoreSpecific(than: $1) }
        #expect(sorted.map(\.text) == expected)
        #expect(try !ImagePattern("r.io").isMoreSpecific(than: ImagePattern("r.io/")))
        #expect(try !ImagePattern("r.io/").isMoreSpecific(than: ImagePattern("r.io")))
    }

    @Test(arguments: [
        ("https://index.docker.io/v1/", "index.docker.io"), ("http://r.io", "r.io"), ("r.io", "r.io"), ("r.io/", "r.io"),
        ("r.io/v2", "r.io/v2"),
        ("r.io/v2/", "r.io"), ("r.io/v1/foo", "r.io/foo"), ("https://r.io:5000/team", "r.io:5000/team"),
        ("https://u:p@r.io/x?y#z", "r.io/x"),
        ("HTTPS://r.io", "HTTPS//r.io"), ("https://[::1]:5000/x", "[::1]:5000/x"), ("https://[::1]/x", "[::1]/x"),
        ("r.io/a%2Fb", "r.io/a/b"),
        ("r io", "r io"), ("", ""), ("https://r.io:", "r.io"), ("r.io:", "r.io"), ("r.io:5000/", "r.io:5000"), ("u@r.io/a", "r.io/a"),
        ("r.io/a%3Fb", "r.io/a?b"),
    ])
    func `keys of docker configs become patterns`(key: String, pattern: String) {
        #expect(ImagePattern.normalisedKey(of: key) == pattern)
        let parsed = try? ImagePattern(configKey: key)
        #expect(parsed?.text == (try? ImagePattern(pattern))?.text && (parsed == nil || parsed?.text == pattern))
    }

    @Test(
        arguments: [
            ("gcr.io", nil), ("*.dkr.ecr.*.amazonaws.com", nil), ("r.io/team/", nil), ("r.io/team/app", nil), ("[::1]:5000", nil),
            ("r.io:5000", nil),
            ("gcr.io/*", "no wildcard in a path"), ("https://gcr.io", "no scheme"), ("HTTP://gcr.io", "no scheme"),
            ("g?r.io", "no wildcard"),
            ("user@gcr.io", "before '@'"), ("[::1]", "write the port"), ("index.docker.io", "write docker.io"),
            ("GCR.io", "upper and lower case"),
            ("*", "without a dot"), ("*:5000", "without a dot"), ("пример.рф", "no image has a host"), ("a_b.c", "no image has a host"),
            ("a..b", "empty label"),
            ("gcr.io.", "empty label"), ("gcr.io:99999", "port 99999"), ("gcr.io:99999999999999999999", "port"),
            ("gcr.io/x:tag", "without tag"),
            ("r.io/v2/x", "part of the API"), ("r.io/Team/x", "lower-case"), ("r.io//x", "single '/'"), ("r.io/team", "plain prefix"),
            ("r.io:443", "no port is implied"),
        ] as [(String, String?)])
    func `traps are warned about`(text: String, word: String?) throws {
        let warnings = try ImagePattern(text).warnings
        #expect(warnings.count == (word == nil ? 0 : 1), "\(warnings)")
        if let word { #expect(warnings.contains { $0.contains(word) }, "\(warnings)") }
    }

    @Test(
        arguments: [
            ("gcr.io", "gcr.io/x", nil), ("gcr.io", "quay.io/x", nil), ("gcr.io/team", "quay.io:5000/x", nil),
            ("gcr.io:5000/a", "gcr.io/b", nil),
            ("gcr.io", "gcr.io:443/x", "write gcr.io:443"), ("gcr.io:443", "gcr.io/x", "image has none"),
            ("gcr.io:1", "gcr.io:2/x", "port 2, the pattern 1"),
            ("gcr.io/team", "gcr.io/other", "does not start with /team"), ("gcr.io/*", "gcr.io/x", "no wildcard"),
            ("gcr.io/x/", "gcr.io/x", "below"),
            ("gcr.io/Team", "gcr.io/team/x", "upper and lower"), ("GCR.io", "gcr.io/x", "upper and lower"),
            ("gcr.io/x:1", "gcr.io/x:1", "without tag"),
            ("*.azurecr.io", "a.b.azurecr.io/x", "3 labels, the image's 4"), ("*.io", "a.b.io/x", "exactly one"),
            ("*.dkr.ecr.*.amazonaws.com", "1.dkr.ecr.cn-north-1.amazonaws.com.cn/x", "7"),
            ("https://gcr.io", "gcr.io/x", "leave out https://"),
            ("https://gcr.io", "gcr.io:5000/x", "write gcr.io:5000"), ("https://quay.io", "gcr.io/x", nil),
            ("index.docker.io", "nginx", "as docker.io"),
            ("*.gcr.io", "gcr.io/x", "3 labels, the image's 2"), ("gcr.io", "eu.gcr.io/x", "2 labels, the image's 3"),
            ("*.example.com", "a.b.c.example.com/x", "exactly one"), ("*.*.rep.pkg.dev", "nginx", nil),
            ("*.azurecr.io", "localhost/x", nil),
            ("*.azurecr.io", "registry/x", nil), ("us.gcr.io", "gcr.io/x", nil), ("*.*", "localhost/x", nil), ("*.io", "a.b.c.io/x", nil),
            ("[::1]", "[::1]/x", "write the port"),
        ] as [(String, String, String?)])
    func `a near miss is explained`(pattern: String, image: String, word: String?) throws {
        let reason = try ImagePattern(pattern).nearMiss(ImageReference(image))
        #expect(word == nil ? reason == nil : reason?.contains(word ?? "") == true, "\(reason ?? "nil")")
    }

    /// The work is bounded by the product of the lengths, also for patterns made to backtrack.
    @Test func `many stars stay cheap`() throws {
        let pattern = try ImagePattern(String(repeating: "*a", count: 60) + ".io")
        let image = try ImageReference(String(repeating: "a", count: 200) + "b.io/x")
        #expect(!pattern.matches(image))
    }
}
