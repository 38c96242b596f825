import TabardCache

/// What happens to a fleet: how many nodes there are, what they pull, what befalls them and their sources. Times in seconds.
public struct FleetPlan: Sendable {
    /// Who keeps the nodes' credentials.
    public enum Strategy: String, Sendable, CaseIterable {
        /// The kubelet alone, with the clouds' own exec plugins.
        case kubelet
        /// The agent, asked by pullers that say when a registry refuses an entry (`tabard pull`, `libtabard`).
        case agent
        /// The kubelet, whose exec plugin asks the agent.
        case both
    }

    /// How many machines there are.
    public var nodes = 1
    /// How long it goes on.
    public var seconds: Int64 = 86_400
    /// What every random choice follows from.
    public var seed: UInt64 = 1
    /// Who issues tokens.
    public var sources: [TokenSource] = []
    /// How often a node pulls from each source, once in that many seconds on average.
    public var pullEvery: [Int64] = []
    /// How many images a node pulls from each source when it starts.
    public var bootImages: [Int] = []
    /// What befalls which node, when.
    public var incidents: [(at: Int64, node: Int, Incident)] = []

    /// One node that does nothing for a day.
    public init() {}

    /// A day of a large fleet, with everything in it that has hurt one: all start within ten minutes, roll out, are upgraded within five
    /// minutes, lose their cloud for an hour and a half, step their clocks, have all tokens revoked, are throttled, and restart in part.
    public static func day(nodes: Int, seed: UInt64 = 1) -> FleetPlan {
        var plan = FleetPlan()
        (plan.nodes, plan.seed) = (nodes, seed)
        var ecr = TokenSource(lifetime: 43_200)
        // Amazon's quota for one account and region; a smaller fleet gets its share, so that it meets the same shortage.
        ecr.perSecond = max(1, Int64(20 * nodes / 10_000))
        ecr.burst = max(10, Int64(200 * nodes / 10_000))
        ecr.outages = [28_800..<34_200]
        ecr.brownouts = [(61_200..<62_400, max(1, ecr.perSecond / 10))]
        ecr.revocations = [50_400]
        var acr = TokenSource(lifetime: 10_800)
        acr.kubeletKeeps = 3600
        acr.outages = [28_800..<30_600]
        plan.sources = [ecr, acr]
        plan.pullEvery = [1800, 7200]
        plan.bootImages = [20, 4]
        var random = RefreshJitter.seeded(seed)
        for node in 0..<nodes {
            func within(_ start: Int64, _ length: Int64) -> Int64 { start + random.draw(upTo: length - 1) }
            plan.incidents.append((within(0, 600), node, .boot))
            plan.incidents.append((10_800, node, .rollout(5)))
            plan.incidents.append((within(21_600, 300), node, .upgrade))
            switch node % 20 {
            case 0, 1: plan.incidents.append((43_200, node, .clock(offBy: 3600)))
            case 2, 3: plan.incidents.append((43_200, node, .clock(offBy: -3600)))
            case 4: plan.incidents.append((43_200, node, .clock(offBy: 31_536_000)))
            case 5: plan.incidents.append((43_200, node, .clock(offBy: -31_536_000)))
            case 6: plan.incidents.append((43_200, node, .clock(offBy: -1_800_000_000)))
            default: break
            }
            if node % 3 == 0 { plan.incidents.append((within(72_000, 300), node, .boot)) }
        }
        return plan
    }

    /// The life of one node that everything befalls at random: outages of up to a quarter of a token's life, restarts, upgrades, suspends,
    /// steps of the clock, revocations.
    public static func life(seconds: Int64, seed: UInt64) -> FleetPlan {
        var plan = FleetPlan()
        (plan.seconds, plan.seed) = (seconds, seed)
        var random = RefreshJitter.seeded(seed &* 7919)
        for lifetime in [43_200, 10_800, 3600] as [Int64] {
            var source = TokenSource(lifetime: lifetime)
            var time = 3600 + random.draw(upTo: 86_400)
            while time < seconds {
                let length = 1 + random.draw(upTo: lifetime / 4 - 120)
                source.outages.append(time..<(time + length))
                time += length + lifetime + random.draw(upTo: 4 * 86_400)
            }
            time = 7200 + random.draw(upTo: 7 * 86_400)
            while time < seconds {
                source.revocations.append(time)
                time += 86_400 + random.draw(upTo: 14 * 86_400)
            }
            plan.sources.append(source)
        }
        plan.pullEvery = [1800, 1800, 900]
        plan.bootImages = [10, 4, 4]
        plan.incidents.append((0, 0, .boot))
        var time = 3600 + random.draw(upTo: 36_000)
        while time < seconds {
            let incident: Incident =
                switch random.draw(upTo: 5) {
                case 0: .boot
                case 1: .upgrade
                case 2: .clock(offBy: [3600, -3600, 31_536_000, -31_536_000, -1_800_000_000, 0][Int(random.draw(upTo: 5))])
                case 3: .suspend(1 + random.draw(upTo: 14_400))
                default: .rollout(10)
                }
            plan.incidents.append((time, 0, incident))
            time += 1800 + random.draw(upTo: 72_000)
        }
        return plan
    }
}
