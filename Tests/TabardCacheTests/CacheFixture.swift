import TabardCache
import TabardCore
import TabardSystem
import TabardTestSupport

/// A cache whose time stands still, and a provider that does what the test says.
final class CacheFixture: Sendable {
    let clocks: FakeClocks
    let cache: CredentialCache
    /// How often the provider was asked, and for which images.
    let fetches = Guarded<[(image: String, isFresh: Bool)]>([])

    /// - Parameter jitter: The share of every random range that is drawn.
    init(limits: CacheLimits = .standard, clocks: FakeClocks = FakeClocks(), jitter: Double = 0, verbosity: Int = 2) {
        self.clocks = clocks
        let lines = Lines()
        self.logged = lines
        cache = CredentialCache(
            clocks: clocks,
            log: LogSink(verbosity: verbosity) { line in lines.all.withLock { $0.append("\(line.level.letter) \(line.message)") } },
            limits: limits, jitter: .share(jitter))
    }

    final class Lines: Sendable { let all = Guarded<[String]>([]) }
    private let logged: Lines
    var log: [String] { logged.all.withLock { $0 } }

    var fetchCount: Int { fetches.withLock { $0.count } }

    static func key(_ image: String = "r.example/team/app", token: String? = nil, annotations: [String: String] = [:]) throws -> CacheKey {
        CacheKey(
            provider: "aws-ecr-key",
            request: ProviderRequest(
                image: try ImageReference(image), serviceAccountToken: token.map { Secret($0) }, serviceAccountAnnotations: annotations))
    }

    static func reply(
        _ password: String = "one", scope: CacheScope? = .registry, duration: Duration? = .seconds(3600), expires: UTCTime? = nil,
        users: [String] = ["AWS"]
    ) -> ProviderReply {
        ProviderReply(
            entries: users.map {
                AuthEntry(pattern: "r.example", username: $0, password: Secret(password), origin: Origin(.plugin, "aws-ecr-key"))
            }, scope: scope, duration: duration, expires: expires)
    }

    /// Asks as one caller does.
    @discardableResult
    func ask(
        _ key: CacheKey, until deadline: Int64 = .max, cancellation: Cancellation? = nil,
        provider: @escaping CredentialCache.Fetch = { _ throws(Failure) in CacheFixture.reply() }
    ) throws(Failure) -> ProviderReply {
        try cache.reply(for: key, until: deadline, cancellation: cancellation) { [self] call throws(Failure) in
            fetches.withLock { $0.append((key.imageName, call.isFresh)) }
            return try provider(call)
        }
    }

    func waitForFetches() { cache.wait { fetches, _ in fetches == 0 } }

    /// Runs `body` on that many threads and gives what each returned or threw, in no order.
    func together<Value: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Int) throws(Failure) -> Value
    ) throws -> Callers<Value> {
        let callers = Callers<Value>()
        for index in 0..<count {
            callers.threads.append(
                try WorkerThread {
                    do throws(Failure) {
                        let value = try body(index)
                        callers.values.withLock { $0.append(value) }
                    } catch {
                        callers.failures.withLock { $0.append(error) }
                    }
                })
        }
        return callers
    }
}

/// Threads that a test joins. Its list of threads belongs to the test's own thread.
final class Callers<Value: Sendable>: @unchecked Sendable {
    // `threads` is touched by the thread of the test alone; the rest is behind mutexes.
    var threads: [WorkerThread] = []
    let values = Guarded<[Value]>([])
    let failures = Guarded<[Failure]>([])

    func join() -> (values: [Value], failures: [Failure]) {
        threads.forEach { $0.join() }
        return (values.withLock { $0 }, failures.withLock { $0 })
    }
}

/// A door that a fetch waits at until the test opens it.
final class Gate: Sendable {
    private let isOpen = Monitor(false)
    func open() { isOpen.update { $0 = true } }
    func pass() { _ = isOpen.wait(until: nil) { $0 ? true : nil } }
}

extension ProviderReply {
    /// The passwords, for tests only.
    var passwords: [String] { entries.map { $0.password.withBytes { String(decoding: $0, as: UTF8.self) } } }
}
