/// What one strategy made of a plan.
public struct FleetResult: Sendable {
    /// Who kept the credentials.
    public var strategy: FleetPlan.Strategy
    /// Containers that wanted their image.
    public var pulls = 0
    /// Those that a registry refused at least once for want of a valid credential, by why.
    public var lacked = Lacks()
    /// Those whose credential ended before they did, by whether there was a better one to have.
    public var outlived = Lacks()
    /// Credentials presented after their end.
    public var presentedExpired = 0
    /// Credentials presented after their revocation.
    public var presentedRevoked = 0
    /// The longest time between wanting an image and having a credential for it, in seconds.
    public var longestWait = 0.0
    /// How long a credential was served beyond the three quarters of its life in which it should have been replaced, at most, in seconds.
    public var longestStaleness = 0.0
    /// The most questions that one node had on their way to one source at once.
    public var mostAtOnce = 0
    /// Requests by source.
    public var sources: [Source] = []

    /// Pulls that something befell, by whether it had to.
    public struct Lacks: Sendable {
        /// The node had never had a credential since it started.
        public var cold = 0
        /// The source could not be reached since the last quarter of the credential's life.
        public var excused = 0
        /// Every token had been revoked, and the source could be reached.
        public var revoked = 0
        /// The source could be reached.
        public var avoidable = 0

        /// All of them.
        public var all: Int { cold + excused + revoked + avoidable }
    }

    /// Requests to one source.
    public struct Source: Sendable {
        /// In each second; empty for several results together, which would be larger than memory.
        public private(set) var series: [UInt32]
        /// How many it refused for their number.
        public private(set) var throttled: Int
        /// How many there were.
        public private(set) var requests: Int
        /// The most in one second.
        public private(set) var peak: Int
        /// The most in any minute, for one second of it.
        public private(set) var busiestMinute: Double

        init(series: [UInt32], throttled: Int) {
            self.series = series
            self.throttled = throttled
            var most = 0
            for start in stride(from: 0, to: series.count, by: 60) {
                most = max(most, series[start..<min(series.count, start + 60)].reduce(0) { $0 + Int($1) })
            }
            busiestMinute = Double(most) / 60
            requests = series.reduce(0) { $0 + Int($1) }
            peak = Int(series.max() ?? 0)
        }

        func adding(_ other: Self) -> Self {
            var sum = self
            sum.series = []
            sum.throttled += other.throttled
            sum.requests += other.requests
            sum.peak = max(peak, other.peak)
            sum.busiestMinute = max(busiestMinute, other.busiestMinute)
            return sum
        }
    }
}

extension FleetResult {
    /// Both together: sums, and the worse of each extreme.
    public func adding(_ other: FleetResult) -> FleetResult {
        var sum = self
        sum.pulls += other.pulls
        sum.lacked = lacked.adding(other.lacked)
        sum.outlived = outlived.adding(other.outlived)
        sum.presentedExpired += other.presentedExpired
        sum.presentedRevoked += other.presentedRevoked
        sum.longestWait = max(longestWait, other.longestWait)
        sum.longestStaleness = max(longestStaleness, other.longestStaleness)
        sum.mostAtOnce = max(mostAtOnce, other.mostAtOnce)
        sum.sources = zip(sources, other.sources).map { $0.adding($1) }
        return sum
    }
}

extension FleetResult.Lacks {
    func adding(_ other: Self) -> Self {
        var sum = self
        sum.cold += other.cold
        sum.excused += other.excused
        sum.revoked += other.revoked
        sum.avoidable += other.avoidable
        return sum
    }
}
