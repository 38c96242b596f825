import TabardAgentProtocol
import TabardCache
public import TabardCore

/// Plays a plan with one strategy, event by event, on a clock of its own: the same plan and strategy always give the same result.
///
/// The agent's nodes run the product's own `SlotTable`; what is simulated are the pulls, the sources, the plugins' attempts and the
/// kubelet, as it behaves: one process for each image without a kept answer, no memory of failures, no merging across images, no refresh
/// ahead of need, a cache that a restart empties.
public final class Fleet {
    let plan: FleetPlan
    let strategy: FleetPlan.Strategy
    /// How long the kubelet keeps what the agent answered at most, in nanoseconds.
    static let kubeletKeeps = AgentTiming.longestKeptByKubelets.wholeNanoseconds
    var queue = EventQueue()
    var now: Int64 = 0
    var nodes: [Node] = []
    var services: [TokenService] = []
    var fetches: [Fetching?] = []
    var freeFetches: [Int] = []
    var tokens: [(source: Int, issuedAt: Int64)] = []
    var result: FleetResult
    var random: RefreshJitter
    let keys: [[CacheKey]]
    static let password = Secret("simulated")
    static let images = 24
    static let fetch: CredentialCache.Fetch = { _ throws(Failure) in ProviderReply() }
    /// UTC at the beginning.
    static let epoch: Int64 = 1_800_000_000

    /// One question on its way to a source.
    struct Fetching {
        let node: Int
        let life: Int
        let source: Int
        let beganAt: Int64
        var attempt = 0
        let goal: Goal

        enum Goal {
            /// Of the agent.
            case flight(FlightPlan)
            /// Of a plugin that the kubelet started for one image.
            case process(image: Int)
        }
    }

    /// Makes the fleet at its first moment.
    public init(_ plan: FleetPlan, _ strategy: FleetPlan.Strategy) throws(Failure) {
        self.plan = plan
        self.strategy = strategy
        result = FleetResult(strategy: strategy)
        random = .seeded(plan.seed &+ 99)
        var keys: [[CacheKey]] = []
        for source in plan.sources.indices {
            var row: [CacheKey] = []
            for image in 0..<Self.images {
                let reference = try ImageReference("registry\(source).example/team/app\(image)")
                row.append(CacheKey(provider: "source\(source)", request: ProviderRequest(image: reference)))
            }
            keys.append(row)
        }
        self.keys = keys
        services = plan.sources.map { TokenService($0, seconds: plan.seconds) }
        nodes = (0..<plan.nodes).map { Node(seed: plan.seed &* 1_000_003 &+ UInt64($0), sources: plan.sources.count) }
        for (time, node, incident) in plan.incidents { queue.add(.incident(node: node, incident), at: time * second) }
    }

    /// Plays to the end.
    public func play() -> FleetResult {
        while let next = queue.nextTime, next < plan.seconds * second, let (time, event) = queue.popFirst() {
            now = time
            take(event)
        }
        result.sources = services.map { FleetResult.Source(series: Array($0.series.prefix(Int(plan.seconds))), throttled: $0.throttled) }
        return result
    }

    private func take(_ event: Event) {
        switch event {
        case .incident(let node, let incident): befall(node, incident)
        case .steady(let node): pullSteadily(node)
        case .pull(let pull): begin(pull)
        case .attempt(let fetch): attempt(fetch)
        case .wake(let node):
            nodes[node].wakesAt = .max
            settle(node)
        }
    }

    // MARK: What befalls nodes

    private func befall(_ node: Int, _ incident: Incident) {
        if nodes[node].isAsleep(now) { return queue.add(.incident(node: node, incident), at: nodes[node].asleepUntil) }
        switch incident {
        case .boot:
            nodes[node].restart(now, jitter: plan.seed &+ UInt64(node) &* 31 &+ UInt64(now))
            for source in plan.sources.indices {
                for image in 0..<plan.bootImages[source] { want(node, source, image, at: now + nodes[node].pulls.draw(upTo: second / 5)) }
            }
            if !nodes[node].isSteady {
                nodes[node].isSteady = true
                queue.add(.steady(node: node), at: now + nodes[node].pulls.draw(upTo: 600 * second))
            }
        case .upgrade:
            nodes[node].kept = Array(repeating: nil, count: plan.sources.count)
            if strategy == .kubelet { restartKubelet(node) } else { handOver(node) }
        case .clock(let offBy): nodes[node].clockOffset = offBy
        case .suspend(let seconds):
            nodes[node].asleepUntil = now + seconds * second
            nodes[node].slept += seconds * second
            queue.add(.wake(node: node), at: now + seconds * second + 30 * second)
        case .rollout(let count):
            for _ in 0..<count {
                let image = Int(nodes[node].pulls.draw(upTo: Int64(Self.images - 1)))
                want(node, 0, image, at: now + nodes[node].pulls.draw(upTo: 600 * second))
            }
        }
    }

    /// The agent's new process takes over from the old one, whose fetches end with it.
    private func handOver(_ node: Int) {
        let moment = nodes[node].moment(now)
        let replies = nodes[node].table.export(now: moment.boot)
        let waiting = nodes[node].waiting.sorted { $0.key < $1.key }.flatMap(\.value)
        nodes[node].lives += 1
        nodes[node].newTable(jitter: plan.seed &+ UInt64(node) &* 31 &+ UInt64(now))
        _ = nodes[node].table.import(replies.map { ($0, Self.fetch) }, now: moment.boot)
        // Their clients find the new process at the same socket.
        for pull in waiting { begin(pull) }
        settle(node)
    }

    private func restartKubelet(_ node: Int) {
        let waiting = nodes[node].processes.values.flatMap { $0 }.sorted { ($0.wantedAt, $0.image) < ($1.wantedAt, $1.image) }
        nodes[node].lives += 1
        nodes[node].processes = [:]
        nodes[node].atOnce = nodes[node].atOnce.map { _ in 0 }
        for pull in waiting { begin(pull) }
    }

    private func pullSteadily(_ node: Int) {
        let weights = plan.pullEvery.map { 1 / Double($0) }
        let rate = weights.reduce(0, +)
        func draw() -> Double { Double(nodes[node].pulls.draw(upTo: 1 << 40)) / Double(1 << 40) }
        var choice = draw() * rate
        let source =
            weights.firstIndex { weight in
                choice -= weight; return choice <= 0
            } ?? 0
        let image = Int(nodes[node].pulls.draw(upTo: Int64(Self.images - 1)))
        want(node, source, image, at: now)
        // Evenly drawn, from nothing to twice the mean.
        queue.add(.steady(node: node), at: now + Int64(draw() * 2 / rate * Double(second)))
    }

    private func want(_ node: Int, _ source: Int, _ image: Int, at time: Int64) {
        result.pulls += 1
        // From five seconds to ten minutes, most of them short.
        let draw = nodes[node].pulls.draw(upTo: 1000)
        let duration = (5 + 595 * draw * draw * draw / 1_000_000_000) * second
        queue.add(
            .pull(Pull(node: node, source: source, image: image, wantedAt: time, duration: duration)), at: time)
    }
}
