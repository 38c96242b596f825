import CTabard
import CTabardHost
import Glibc
import TabardSystem
import TabardTestSupport
import Testing

/// The end of a handle, threads, and the log.
@Suite struct LifetimeTests {
    @Test func closeIsRefusedInACallbackAndDoneAfterIt() async throws {
        try await onThread {
            let fixture = try LibraryFixture()
            let handle = try fixture.open()
            var inside: [tabard_status] = []
            var nested: [CEmbedder.Answer] = []
            _ = CEmbedder.resolve(
                handle,
                onEntry: {
                    inside.append(tabard_close_v1(handle.pointer))
                    nested.append(CEmbedder.resolve(handle, "c.fixture.test/app"))
                })
            #expect(inside == [TABARD_E_INVALID] && nested.first?.status == 0)
            #expect(tabard_close_v1(handle.pointer) == TABARD_OK)
        }
    }

    @Test func closeWaitsForCallsInFlight() async throws {
        try await onThread {
            let fixture = try LibraryFixture()
            let handle = try fixture.open()
            let isInside = Cancellation()
            let mayLeave = Cancellation()
            let hasLeft = Guarded(false)
            let caller = try WorkerThread {
                _ = CEmbedder.resolve(
                    handle,
                    onEntry: {
                        isInside.cancel()
                        _ = Cancellation.wait(forAnyOf: [mayLeave], atMost: .max)
                        hasLeft.withLock { $0 = true }
                    })
            }
            #expect(Cancellation.wait(forAnyOf: [isInside], atMost: 30_000_000_000))
            let isClosing = Cancellation()
            let closer = try WorkerThread {
                isClosing.cancel()
                #expect(tabard_close_v1(handle.pointer) == TABARD_OK)
                #expect(hasLeft.withLock { $0 })
            }
            _ = Cancellation.wait(forAnyOf: [isClosing], atMost: .max)
            mayLeave.cancel()
            caller.join()
            closer.join()
        }
    }

    @Test(arguments: [TABARD_OPEN_NO_REFRESH_FLAG, 0]) func nothingIsLeftOfManyHandles(_ flags: Int32) async throws {
        try await onThread {
            let fixture = try LibraryFixture()
            for round in 0..<20 {
                let handle = try fixture.open(flags: flags)
                #expect(CEmbedder.resolve(handle).entries.first?.password == "secret-1", "round \(round)")
                #expect(tabard_close_v1(handle.pointer) == TABARD_OK)
            }
        }
    }

    @Test func manyThreadsShareOneQuestion() async throws {
        try await onThread {
            let fixture = try LibraryFixture()
            let handle = try fixture.open(flags: 0)
            let passwords = Guarded<Set<String>>([])
            let threads = try (0..<16).map { number in
                try WorkerThread {
                    for round in 0..<50 {
                        let answer = CEmbedder.resolve(handle)
                        passwords.withLock { set in for entry in answer.entries { set.insert(entry.password) } }
                        if number == 0, round == 25 { _ = CEmbedder.reload(handle) }
                        if number == 1, round % 10 == 0 { _ = CEmbedder.metrics(handle) }
                    }
                }
            }
            threads.forEach { $0.join() }
            #expect(passwords.withLock { $0 } == ["secret-1"])
            #expect(tabard_close_v1(handle.pointer) == TABARD_OK)
        }
    }

    @Test func theLogHasNoSecretsAndEndsWithTheHandle() async throws {
        try await onThread {
            let fixture = try LibraryFixture()
            let lines = Lines()
            let data = Unmanaged.passUnretained(lines).toOpaque()
            let opened = CEmbedder.open(
                plugins: [fixture.plugins], dockerConfig: fixture.dockerConfig,
                log: { data, level, text, length in
                    guard let data else { return }
                    let line = CEmbedder.text(tabard_str(ptr: text, len: length))
                    Unmanaged<Lines>.fromOpaque(data).takeUnretainedValue().all.withLock { $0.append("\(level.rawValue) \(line)") }
                }, logData: data)
            let handle = try #require(opened.handle)
            _ = CEmbedder.resolve(handle)
            #expect(tabard_close_v1(handle.pointer) == TABARD_OK)
            let all = lines.all.withLock { $0 }
            #expect(all.contains { $0.contains("Registering credential provider: fixture") }, "\(all)")
            #expect(all.contains("2 Refreshing cache for provider: fixture"))
            #expect(!all.joined().contains("secret-1"))
        }
    }

    private final class Lines: Sendable { let all = Guarded<[String]>([]) }
}
