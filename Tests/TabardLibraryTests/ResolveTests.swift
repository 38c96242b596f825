import CTabard
import CTabardHost
import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// What an embedder gets, through the C functions.
@Suite struct ResolveTests {
    @Test func anEntryIsTheSameUntilItIsRefusedAndThenAskedForOnce() async throws {
        try await onThread {
            let fixture = try LibraryFixture()
            let handle = try fixture.open()
            defer { #expect(tabard_close_v1(handle.pointer) == TABARD_OK) }
            let first = CEmbedder.resolve(handle)
            #expect(first.status == 0 && first.problems.isEmpty, "\(first)")
            let entry = try #require(first.entries.first)
            #expect(first.entries.count == 1 && entry.kind == 1 && entry.username == "user" && entry.password == "secret-1")
            #expect(entry.registry == "a.fixture.test" && entry.source == "plugin fixture" && entry.expires > 1_700_000_000_000_000_000)
            #expect(entry.id > 0)
            #expect(CEmbedder.resolve(handle).entries == first.entries)
            #expect(tabard_invalidate_v1(handle.pointer, entry.id) == TABARD_OK)
            let second = try #require(CEmbedder.resolve(handle).entries.first)
            #expect(second.password == "secret-2-fresh" && second.id != entry.id)
            #expect(CEmbedder.resolve(handle).entries == [second])
            // The old one is gone already; the new one is the answer to a refusal and stays for a minute.
            #expect(tabard_invalidate_v1(handle.pointer, entry.id) == TABARD_OK)
            #expect(tabard_invalidate_v1(handle.pointer, second.id) == TABARD_E_DENIED)
            #expect(CEmbedder.resolve(handle).entries == [second])
            #expect(tabard_invalidate_v1(handle.pointer, 0) == TABARD_E_NOT_FOUND)
            #expect(tabard_invalidate_v1(handle.pointer, 999) == TABARD_E_NOT_FOUND)
        }
    }

    @Test func identitiesNeverShare() async throws {
        try await onThread {
            let fixture = try LibraryFixture()
            let handle = try fixture.open()
            defer { #expect(tabard_close_v1(handle.pointer) == TABARD_OK) }
            let passwords = ["", "team-a/x", "team-b/x", "team-a/x", ""].map { identity in
                CEmbedder.resolve(handle, identity: identity).entries.first?.password
            }
            #expect(passwords == ["secret-1", "secret-2", "secret-3", "secret-2", "secret-1"])
        }
    }

    @Test func twoHandlesKeepApart() async throws {
        try await onThread {
            let fixture = try LibraryFixture("good")
            let one = try fixture.open(configuration: #"{"providers":{"fixture":{"user":"one"}}}"#)
            let two = try fixture.open(configuration: #"{"providers":{"fixture":{"user":"two"}}}"#)
            #expect(CEmbedder.resolve(one).entries.first?.username == "one")
            #expect(CEmbedder.resolve(two).entries.first?.username == "two")
            #expect(tabard_close_v1(one.pointer) == TABARD_OK)
            #expect(CEmbedder.resolve(two, "b.fixture.test/app").entries.first?.username == "two")
            #expect(tabard_close_v1(two.pointer) == TABARD_OK)
        }
    }

    @Test func pullSecretsComeFirstAndABadOneIsAProblem() async throws {
        try await onThread {
            let fixture = try LibraryFixture()
            let handle = try fixture.open()
            defer { #expect(tabard_close_v1(handle.pointer) == TABARD_OK) }
            let config = #"{"auths":{"a.fixture.test":{"username":"mine","password":"own"}}}"#
            let answer = CEmbedder.resolve(handle, pullSecrets: [config, "no json", #"{"kind":"Pod"}"#])
            #expect(answer.status == 0 && answer.entries.map(\.username) == ["mine", "user"] && answer.problems.count == 2, "\(answer)")
            #expect(answer.entries.first?.id == 0)
            let lonely = CEmbedder.resolve(handle, "elsewhere.example/app", pullSecrets: ["no json"])
            #expect(lonely.status == TABARD_E_INVALID.rawValue && lonely.problems.count == 1)
            #expect(CEmbedder.resolve(handle, "elsewhere.example/app").status == 0)
            #expect(!answer.problems.joined().contains("own"))
        }
    }

    @Test func aFailureHasAClassAndWords() async throws {
        try await onThread {
            let fixture = try LibraryFixture()
            let handle = try fixture.open(configuration: #"{"providers":{"fixture":{"verbose":true}}}"#)
            defer { #expect(tabard_close_v1(handle.pointer) == TABARD_OK) }
            let answer = CEmbedder.resolve(handle)
            #expect(answer.status == TABARD_E_UNAVAILABLE.rawValue && answer.entries.isEmpty)
            #expect(answer.problems.count == 1 && answer.problems[0].contains("the cloud is down"), "\(answer)")
            let metrics = try #require(CEmbedder.metrics(handle).text)
            #expect(metrics.contains("tabard_resolves_total{outcome=\"unavailable\"} 1\n"), "\(metrics)")
            #expect(metrics.contains("tabard_provider_failures_total{provider=\"fixture\"} 1\n") && metrics.hasSuffix("# EOF\n"))
        }
    }

    @Test func callersGiveUpOnTimeAndWhenTheyAreTold() async throws {
        try await onThread {
            let fixture = try LibraryFixture()
            let handle = try fixture.open(configuration: #"{"providers":{"fixture":{"gate":"/x"}}}"#)
            let late = CEmbedder.resolve(handle, change: { query, _ in query.timeout_ns = 50_000_000 })
            #expect(late.status == TABARD_E_DEADLINE.rawValue, "\(late)")
            let wish = Cancellation()
            wish.cancel()
            let cancelled = CEmbedder.resolve(handle, "b.fixture.test/app", change: { query, _ in query.cancel_fd = wish.descriptor })
            #expect(cancelled.status == TABARD_E_CANCELLED.rawValue, "\(cancelled)")
            #expect(tabard_close_v1(handle.pointer) == TABARD_OK)
        }
    }

    @Test func explainTellsTheStoryWithoutAsking() async throws {
        try await onThread {
            let fixture = try LibraryFixture()
            let handle = try fixture.open()
            defer { #expect(tabard_close_v1(handle.pointer) == TABARD_OK) }
            let text = try #require(CEmbedder.explain(handle, "a.fixture.test/app").text)
            let root = try JSONDocument(reading: Array(text.utf8), from: JSONSource("explain")).root
            #expect(root["image"]?.string == "a.fixture.test/app")
            #expect(root["sources"]?.elements.contains { $0["origin"]?.string == "plugin fixture" } == true, "\(text)")
            #expect(CEmbedder.metrics(handle).text?.contains("tabard_provider_questions_total{") == false)
        }
    }

    @Test func reloadTakesEffectOrChangesNothing() async throws {
        try await onThread {
            let fixture = try LibraryFixture("good")
            let file = fixture.folder.write("config.json", #"{"providers":{"fixture":{"user":"before"}}}"#)
            let (opened, answer) = CEmbedder.open(
                plugins: [fixture.plugins], configuration: nil, dockerConfig: fixture.dockerConfig,
                change: { options, memory in options.config_path = memory.str(file) })
            let handle = try #require(opened, "\(answer)")
            defer { #expect(tabard_close_v1(handle.pointer) == TABARD_OK) }
            #expect(CEmbedder.resolve(handle).entries.first?.username == "before")
            fixture.folder.write("config.json", "{")
            let refused = CEmbedder.reload(handle)
            #expect(refused.status == TABARD_E_INVALID.rawValue && refused.problems.count == 1, "\(refused)")
            #expect(CEmbedder.resolve(handle).entries.first?.username == "before")
            fixture.folder.write("config.json", #"{"providers":{"fixture":{"user":"after"}}}"#)
            #expect(CEmbedder.reload(handle).status == 0)
            #expect(CEmbedder.resolve(handle).entries.first?.username == "after")
        }
    }

    @Test func anUnchangedConfigurationKeepsTheCache() async throws {
        try await onThread {
            let fixture = try LibraryFixture()
            let handle = try fixture.open()
            defer { #expect(tabard_close_v1(handle.pointer) == TABARD_OK) }
            let before = CEmbedder.resolve(handle).entries
            #expect(CEmbedder.reload(handle).status == 0)
            #expect(CEmbedder.resolve(handle).entries == before)
        }
    }

    @Test func thousandsOfQuestionsAskTheirSourceOnce() async throws {
        try await onThread {
            let fixture = try LibraryFixture()
            let handle = try fixture.open()
            defer { #expect(tabard_close_v1(handle.pointer) == TABARD_OK) }
            // What they leave in memory is measured where nothing else runs: Benchmarks/embedding.c.
            for _ in 0..<3000 { _ = CEmbedder.resolve(handle) }
            #expect(CEmbedder.metrics(handle).text?.contains("tabard_provider_questions_total{provider=\"fixture\"} 1\n") == true)
        }
    }
}
