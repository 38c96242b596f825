/// Decides by the measured rate how many connections one blob is worth.
///
/// Many registries and storage servers give a connection some tens of megabytes a second, and a second connection the same again; where the
/// line is what limits, further ones bring nothing and are given up.
struct ConnectionGrowth: Sendable {
    /// When to look and what to want.
    struct Rules: Sendable {
        /// A rate is measured for so long, in nanoseconds, and over so many bytes.
        var window: Int64 = 250_000_000
        var windowBytes: Int64 = 2 << 20
        /// Bytes a second from which on hashing and disk are the limit rather than a connection.
        var ceiling = Double(256 << 20)
        /// Twice as many connections must bring so much more.
        var gain = 1.25
        /// The most connections.
        var limit = 4
    }

    private let rules: Rules
    /// How many connections there should be.
    private(set) var wanted = 1
    private var isSettled = false
    /// Where the present measurement began.
    private var start: (bytes: Int64, time: Int64)?
    /// The rate with fewer connections.
    private var before: (rate: Double, connections: Int)?

    init(_ rules: Rules) { self.rules = rules }

    /// Looks at how much has come.
    ///
    /// - Parameters:
    ///   - bytes: All bytes so far, over all connections.
    ///   - time: In nanoseconds.
    ///   - connections: How many connections give bytes.
    mutating func observe(_ bytes: Int64, at time: Int64, over connections: Int) {
        // A measurement begins when those that are wanted are at work.
        guard !isSettled, connections >= wanted else { return }
        guard let start else {
            start = (bytes, time)
            return
        }
        guard time - start.time >= rules.window, bytes - start.bytes >= rules.windowBytes else { return }
        let rate = Double(bytes - start.bytes) * 1e9 / Double(time - start.time)
        if let before, rate < before.rate * rules.gain { return settle(at: before.connections) }
        if rate >= rules.ceiling || wanted >= rules.limit { return settle(at: wanted) }
        before = (rate, wanted)
        wanted = min(2 * wanted, rules.limit)
        self.start = nil
    }

    /// Those wanted cannot be had at the moment: measures anew with the ones that there are.
    mutating func postpone(at connections: Int) {
        wanted = max(1, connections)
        before = nil
        start = nil
    }

    /// No more than these from now on.
    mutating func settle(at connections: Int) {
        wanted = max(1, connections)
        isSettled = true
    }
}
