public import TabardCore
import TabardSystem

/// What may open one image, found as it is wanted: a source is asked only when everything that the sources before it gave has been used up.
///
/// So a login that works is not held up by a provider behind it that answers slowly or never. The order is that of `CredentialResolver`.
/// For one thread.
public final class CredentialCandidates {
    private enum Turn {
        case place(StaticCredentials.Place)
        case provider(ProviderRegistry.Match)
    }

    private let resolver: CredentialResolver
    private let request: ProviderRequest
    private let deadline: Int64
    private let patience: Duration?
    private let cancellation: Cancellation?
    private var turns: ArraySlice<Turn>
    private var used = 0
    /// What the sources that were asked so far have said.
    public private(set) var resolution = Resolution()

    init(
        resolver: CredentialResolver, request: ProviderRequest, given: StaticCredentials?, chosen: Set<String>?, deadline: Int64,
        patience: Duration?, cancellation: Cancellation?
    ) {
        self.resolver = resolver
        self.request = request
        self.deadline = deadline
        self.patience = patience
        self.cancellation = cancellation
        turns = ArraySlice(
            ((given?.places ?? []) + resolver.statics.places).map(Turn.place)
                + resolver.registry.matches(for: request.image, among: chosen).map(Turn.provider))
    }

    /// The next entry to try, or nil when no source has another one.
    ///
    /// - Throws: Why a helper or provider that serves the image could not answer. The next call goes on with the source behind it.
    public func next() throws(Failure) -> AuthEntry? {
        while used == resolution.entries.count {
            guard let turn = turns.popFirst() else { return nil }
            if let failure = ask(turn) { throw failure }
        }
        used += 1
        return resolution.entries[used - 1]
    }

    /// After the registry has refused everything: asks the providers once more whose entries were refused, since one may have been revoked
    /// before its time.
    ///
    /// - Returns: Whether there is an entry now that has not been tried; `next` gives it.
    public func renew() -> Bool {
        let refused = resolution.entries.prefix(used)
        let stale = Set(refused.filter { resolver.refused($0, for: request) }.map(\.origin))
        guard !stale.isEmpty else { return false }
        for match in resolver.registry.matches(for: request.image) where stale.contains(match.provider.origin) {
            _ = ask(.provider(match))
        }
        var fresh = resolution.entries.suffix(from: used)
        fresh.removeAll { entry in refused.contains { $0.isSameLogin(as: entry) } }
        resolution.entries = Array(refused + fresh)
        return !fresh.isEmpty
    }

    /// Asks all sources at once.
    ///
    /// - Returns: Why some could not answer.
    func askAll() -> [Failure] {
        var failures: [Failure] = []
        while let turn = turns.popFirst() {
            if let failure = ask(turn) { failures.append(failure) }
        }
        return failures
    }

    private func ask(_ turn: Turn) -> Failure? {
        var limit = deadline
        if let patience { limit = min(limit, SystemClocks().monotonicNanoseconds.addingSaturated(patience)) }
        switch turn {
        case .place(let place): return StaticCredentials.ask(place, about: request.image, until: limit, cancellation, into: &resolution)
        case .provider(let match): return resolver.ask(match, request, until: limit, cancellation, into: &resolution)
        }
    }
}
