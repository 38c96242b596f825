import Glibc
import TabardCache
import TabardCore

/// What a table of that many entries costs: bytes for each, and nanoseconds for each step that a caller or the scheduler takes.
struct TableCost {
    private let clock = ContinuousClock()
    private let keys: [CacheKey]
    private var table: SlotTable
    private var now = CacheMoment(boot: 0, monotonic: 0)
    private let fetch: CredentialCache.Fetch = { _ throws(Failure) in ProviderReply() }

    /// The length of a password of Amazon's, about.
    private static let password = 1500

    private let atStart = Self.residentBytes

    init(entries: Int) throws {
        var limits = CacheLimits()
        limits.slotCount = entries
        (limits.fetchesPerSecond, limits.fetchBurst) = (1_000_000_000, entries)
        limits.refetchSpacing = .zero
        table = SlotTable(limits: limits, jitter: .seeded(1))
        var keys: [CacheKey] = []
        for number in 0..<entries {
            let image = try ImageReference("123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/application-\(number)")
            keys.append(CacheKey(provider: "aws-ecr-key", request: ProviderRequest(image: image)))
        }
        self.keys = keys
    }

    /// Measures, and prints one line of JSON.
    mutating func measure() {
        for key in keys { refill(key) }
        let bytes = Double(Self.residentBytes - atStart) / Double(keys.count) - Double(Self.password)
        let hit = time { $0.hit($1) }
        // The same few, which the processor has at hand, and all of them, which it fetches from memory.
        let change = time(over: 64) { $0.refill($1) }
        let far = time { $0.refill($1) }
        let look = time { table, _ in table.look() }
        print(
            #"{"entries": \#(keys.count), "bytes": \#(bytes), "hit_ns": \#(hit), "change_ns": \#(change), "far_ns": \#(far), "look_ns": \#(look)}"#
        )
    }

    /// What of this process is in memory, by /proc/self/statm.
    private static var residentBytes: Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, 256, file) != nil else { return 0 }
        let fields = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * sysconf(Int32(_SC_PAGESIZE))
    }

    /// A caller is served from memory.
    private mutating func hit(_ key: CacheKey) {
        guard case .serve = table.ask(key, until: .max, now: now, fetch: fetch) else { fatalError("the benchmark's own entries are there") }
        _ = table.takeReady(now: now)
    }

    /// An entry goes and comes anew: a miss, a fetch that begins, a reply that is kept and ordered.
    private mutating func refill(_ key: CacheKey) {
        if let entry = table.valid(for: key, now: now.boot)?.entries.first { _ = table.invalidate(entry, for: key, now: now.boot) }
        _ = table.ask(key, until: .max, now: now, fetch: fetch)
        for plan in table.takeReady(now: now) {
            let password = Secret(String(repeating: "p", count: Self.password))
            let entry = AuthEntry(
                pattern: "123456789012.dkr.ecr.eu-west-1.amazonaws.com", username: "AWS", password: password,
                origin: Origin(.plugin, "aws-ecr-key"))
            let reply = ProviderReply(entries: [entry], scope: .image, duration: .seconds(43_200))
            _ = table.land(plan, with: .success(reply), took: 0, now: now, wallClock: UTCTime(unixNanoseconds: 0))
        }
        now.boot += 1_000_000
    }

    /// The scheduler looks what there is to do, and when next.
    private mutating func look() {
        _ = table.takeReady(now: now)
        if table.nextMoment == nil { fatalError("entries end at some time") }
    }

    /// The median of eleven rounds of 20,000 steps over entries that lie far apart, in nanoseconds for one.
    private mutating func time(over count: Int = .max, _ step: (inout TableCost, CacheKey) -> Void) -> Double {
        var rounds: [Double] = []
        var number = 0
        for _ in 0..<11 {
            let (seconds, attoseconds) = clock.measure {
                for _ in 0..<20_000 {
                    number = (number + 7919) % min(count, keys.count)
                    step(&self, keys[number])
                }
            }.components
            rounds.append((Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / 20_000)
        }
        return rounds.sorted()[5]
    }
}
