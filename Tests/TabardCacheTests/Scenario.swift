@testable import TabardCache
import TabardCore
import TabardJSON
import TabardTestSupport
import Testing

/// A story that a fixture tells about a table of slots, step by step; README.md beside the fixtures has its words.
struct Scenario: CustomTestStringConvertible {
    let testDescription: String
    private let document: JSONNode

    init(_ name: String) throws {
        testDescription = name
        document = try Fixtures.json("cache/\(name)")
    }

    static var all: [Scenario] {
        get throws { try Fixtures.names(in: "cache").filter { $0.hasSuffix(".json") }.map { try Scenario($0) } }
    }

    /// Plays the story.
    ///
    /// - Returns: What went otherwise than it is told, a line for each.
    func play() throws -> [String] {
        var stage = try Stage(document)
        for (number, step) in (document["steps"]?.elements ?? []).enumerated() {
            try stage.take(step, number: number + 1)
        }
        return stage.problems
    }
}

/// A table of slots with its clocks, in the middle of a story. Times are told in seconds.
private struct Stage {
    var table: SlotTable
    var now = CacheMoment(boot: 0, monotonic: 0)
    var wallClock: Int64 = 1_800_000_000
    var plans: [UInt64: FlightPlan] = [:]
    var problems: [String] = []

    init(_ document: JSONNode) throws {
        var limits = CacheLimits()
        limits.slotCount = document["slots"]?.int ?? limits.slotCount
        limits.fetchesAtOnce = document["atOnce"]?.int ?? limits.fetchesAtOnce
        limits.fetchesPerSecond = document["perSecond"]?.int ?? limits.fetchesPerSecond
        limits.fetchBurst = document["burst"]?.int ?? limits.fetchBurst
        table = SlotTable(limits: limits, jitter: .share(document["jitter"]?.double ?? 0))
    }

    mutating func take(_ step: JSONNode, number: Int) throws {
        func expect(_ word: String, _ value: String) {
            guard let expected = step[word]?.string, expected != value else { return }
            problems.append("step \(number): \(word) is \"\(value)\" instead of \"\(expected)\"")
        }
        if let seconds = step["advance"]?.int {
            move(boot: seconds, monotonic: seconds, wall: seconds)
        } else if let seconds = step["suspend"]?.int {
            move(boot: seconds, monotonic: 0, wall: seconds)
        } else if let seconds = step["setClock"]?.int {
            wallClock = Int64(seconds)
        } else if step["ask"] != nil {
            let key = try key(step, "ask")
            let deadline = step["within"]?.int.map { now.monotonic + Int64($0) * 1_000_000_000 } ?? .max
            expect("then", told(table.ask(key, until: deadline, isAlone: step["alone"]?.bool ?? false, now: now) { _ in ProviderReply() }))
        } else if let flight = step["leave"]?.int {
            expect("then", table.leave(UInt64(flight), isCancelled: step["cancelled"]?.bool ?? true) ? "cancel" : "")
        } else if let flight = step["land"]?.int, let plan = plans.removeValue(forKey: UInt64(flight)) {
            expect("then", try land(plan, step))
        } else if step["refuse"] != nil {
            let entry = Self.entry(step["entry"]?.string ?? "")
            expect("then", table.invalidate(entry, for: try key(step, "refuse"), now: now.boot) ? "ask again" : "leave it")
        } else if step["look"] == nil {
            problems.append("step \(number) has no word that is known")
        }
        let ready = table.takeReady(now: now)
        for plan in ready { plans[plan.id] = plan }
        let begun = ready.map { "\($0.id) \($0.reason.rawValue) \($0.key.imageName)" }.sorted()
        let expected = (step["begins"]?.elements ?? []).compactMap(\.string)
        if begun != expected { problems.append("step \(number): begins \(begun) instead of \(expected)") }
        expect("next", table.nextMoment.map { "\(Double($0 - now.boot) / 1e9)" } ?? "never")
        expect("holds", table.all.map { "\($0.place.name) \($0.slot.word)" }.sorted().joined(separator: ", "))
    }

    private mutating func move(boot: Int, monotonic: Int, wall: Int) {
        now.boot += Int64(boot) * 1_000_000_000
        now.monotonic += Int64(monotonic) * 1_000_000_000
        wallClock += Int64(wall)
    }

    private func key(_ step: JSONNode, _ word: String) throws -> CacheKey {
        CacheKey(
            provider: step["provider"]?.string ?? "p",
            request: ProviderRequest(
                image: try ImageReference(step[word]?.string ?? ""), serviceAccountToken: step["token"]?.string.map { Secret($0) }))
    }

    private static func entry(_ password: String) -> AuthEntry {
        AuthEntry(pattern: "r.example", username: "u", password: Secret(password), origin: Origin(.plugin, "p"))
    }

    private func told(_ step: SlotTable.Step) -> String {
        switch step {
        case .serve(let reply): told(reply)
        case .fail(let failure): "fail \(failure.code.rawValue)"
        case .wait(let id, let isOwn, let hasReply): "\(isOwn ? "wait" : "join") \(id)\(hasReply ? ", else what is held" : "")"
        }
    }

    private func told(_ reply: ProviderReply) -> String {
        let seconds = (reply.duration ?? .zero).wholeNanoseconds / 1_000_000_000
        return "serve \(reply.passwords.isEmpty ? "nothing" : reply.passwords.joined(separator: "+")) for \(seconds)"
    }

    private mutating func land(_ plan: FlightPlan, _ step: JSONNode) throws -> String {
        let result: Result<ProviderReply, Failure>
        if let code = step["failure"]?.string {
            result = .failure(
                Failure(
                    .init(rawValue: code), attempting: "asking", reason: "told so",
                    retryAfter: step["retryAfter"]?.int.map { .seconds($0) }))
        } else {
            let expires = step["expires"]?.int64 ?? step["expiresIn"]?.int64.map { wallClock + $0 }
            result = .success(
                ProviderReply(
                    entries: (step["gives"]?.string).map { $0.split(separator: "+").map { Self.entry(String($0)) } } ?? [],
                    scope: step["scope"]?.string.flatMap(CacheScope.init(rawValue:)),
                    duration: step["duration"]?.double.map { .nanoseconds(Int64($0 * 1e9)) },
                    expires: expires.map { UTCTime(unixNanoseconds: $0 * 1_000_000_000) }))
        }
        let landing = table.land(
            plan, with: result, took: 0, now: now, wallClock: UTCTime(unixNanoseconds: wallClock * 1_000_000_000))
        switch landing.outcome {
        case .success(let landed):
            return told(landed.presented(at: now.boot)) + (landing.complaint == nil ? "" : ", oddly")
        case .failure: return landing.left.map { "held for \($0 / 1_000_000_000)" } ?? "nothing held"
        }
    }
}

extension JSONNode {
    fileprivate var int: Int? { int64.map { Int($0) } }
}
