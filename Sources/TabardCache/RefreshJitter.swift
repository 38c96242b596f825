/// Where the random part of every delay comes from.
///
/// The system's generator differs from node to node and from start to start. A number derived from the machine's id would not: machines
/// cloned from one image often share it, and would then ask together for ever.
package struct RefreshJitter: Sendable {
    private enum Source: Sendable {
        case system
        case seeded(UInt64)
        case share(Double)
    }
    private var source: Source

    /// The system's generator.
    package static let system = RefreshJitter(source: .system)
    /// A sequence that the same number repeats, for simulations (SplitMix64).
    package static func seeded(_ seed: UInt64) -> RefreshJitter { RefreshJitter(source: .seeded(seed)) }
    /// Always that share of the range, 0 to 1, for tests.
    package static func share(_ share: Double) -> RefreshJitter { RefreshJitter(source: .share(share)) }

    /// A number from zero to `limit`; zero when that is none.
    package mutating func draw(upTo limit: Int64) -> Int64 {
        guard limit > 0 else { return 0 }
        switch source {
        case .system: return Int64.random(in: 0...limit)
        case .share(let share): return Int64(Double(limit) * share)
        case .seeded(var state):
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            source = .seeded(state)
            return Int64((mixed ^ (mixed >> 31)) % UInt64(limit + 1 > 0 ? limit + 1 : limit))
        }
    }
}
