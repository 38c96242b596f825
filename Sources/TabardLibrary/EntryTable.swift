import TabardCache
import TabardCore
import TabardHost
import TabardSystem

/// The numbers by which an embedder reports that a registry refused an entry.
///
/// One credential has one number for as long as anybody holds it: a hundred thousand questions about one image make one row.
final class EntryTable: Sendable {
    private struct Name: Hashable {
        let password: ObjectIdentifier
        let pattern: String
        let key: CacheKey
    }
    private struct Row {
        let number: UInt64
        let name: Name
        let entry: AuthEntry
        /// When it was handed out last, counted in entries.
        var used: UInt64
    }
    private struct State {
        var rows: [Name: Row] = [:]
        var names: [UInt64: Name] = [:]
        var last: UInt64 = 0
        var clock: UInt64 = 0
    }
    /// As many as a cache holds replies, four times over; who is handed out longest ago goes first.
    private static let most = 4096
    private let state = Monitor(State())

    /// The number of an entry that came with the reply under `key`.
    func number(of entry: AuthEntry, under key: CacheKey) -> UInt64 {
        // While the row holds the password, no other one can lie at its address.
        let name = Name(password: ObjectIdentifier(entry.password), pattern: entry.pattern, key: key)
        return state.withLock { state in
            state.clock += 1
            if let row = state.rows[name] {
                state.rows[name]?.used = state.clock
                return row.number
            }
            if state.rows.count >= Self.most { Self.makeRoom(in: &state) }
            state.last += 1
            state.rows[name] = Row(number: state.last, name: name, entry: entry, used: state.clock)
            state.names[state.last] = name
            return state.last
        }
    }

    /// The entry of that number and where its reply lies, or nil when it is not known, or not any more.
    func entry(_ number: UInt64) -> (entry: AuthEntry, key: CacheKey)? {
        state.read { state in state.names[number].flatMap { state.rows[$0] }.map { ($0.entry, $0.name.key) } }
    }

    private static func makeRoom(in state: inout State) {
        for row in state.rows.values.sorted(by: { $0.used < $1.used }).prefix(most / 2) {
            state.rows[row.name] = nil
            state.names[row.number] = nil
        }
    }
}
