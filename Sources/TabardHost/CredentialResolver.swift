public import TabardCache
public import TabardCore
import TabardKeyring
public import TabardSystem

/// Asks every source about an image, in the one order that this house knows: pull secrets, docker config files, providers.
///
/// Every answer is kept with its reason, the empty and the failed ones too.
public final class CredentialResolver: Sendable {
    private let currentStatics: @Sendable () -> StaticCredentials
    /// What is tried before any provider, as it is now.
    public var statics: StaticCredentials { currentStatics() }
    let registry: ProviderRegistry
    /// What providers have answered.
    public let cache: CredentialCache
    private let log: LogSink
    private let isOneShot: Bool

    /// Makes a resolver over these sources.
    ///
    /// - Parameters:
    ///   - statics: What is tried before any provider; none for a host that answers with providers alone.
    ///   - isOneShot: Whether the process ends after one question, which plugins are told.
    public convenience init(
        statics: StaticCredentials = StaticCredentials(), registry: ProviderRegistry, cache: CredentialCache, isOneShot: Bool, log: LogSink
    ) {
        self.init(currentStatics: { statics }, registry: registry, cache: cache, isOneShot: isOneShot, log: log)
    }

    /// Makes a resolver for a host that lives long: what lies on the machine is read again when it changes.
    public convenience init(watching statics: WatchedCredentials, registry: ProviderRegistry, cache: CredentialCache, log: LogSink) {
        self.init(currentStatics: { statics.current }, registry: registry, cache: cache, isOneShot: false, log: log)
    }

    private init(
        currentStatics: @escaping @Sendable () -> StaticCredentials, registry: ProviderRegistry, cache: CredentialCache, isOneShot: Bool,
        log: LogSink
    ) {
        self.currentStatics = currentStatics
        self.registry = registry
        self.cache = cache
        self.isOneShot = isOneShot
        self.log = log
    }

    /// What may open an image, found as it is wanted.
    ///
    /// - Parameters:
    ///   - given: What came with this question alone; tried before the host's own.
    ///   - chosen: The ids of the only providers to ask; nil for all.
    ///   - deadline: When to stop waiting, on CLOCK_MONOTONIC in nanoseconds; a provider that ignores it is left behind.
    ///   - patience: How long any one source may take, counted from its turn.
    ///   - cancellation: When to stop waiting, too.
    public func candidates(
        for request: ProviderRequest, given: StaticCredentials? = nil, among chosen: Set<String>? = nil, until deadline: Int64,
        patience: Duration? = nil, cancellation: Cancellation? = nil
    ) -> CredentialCandidates {
        CredentialCandidates(
            resolver: self, request: request, given: given, chosen: chosen, deadline: deadline, patience: patience,
            cancellation: cancellation)
    }

    /// Asks every source that serves the image, each provider through the cache.
    ///
    /// - Parameters:
    ///   - given: What came with this question alone; tried before the host's own.
    ///   - chosen: The ids of the only providers to ask; nil for all.
    ///   - deadline: When to stop waiting, on CLOCK_MONOTONIC in nanoseconds; a provider that ignores it is left behind.
    ///   - cancellation: When to stop waiting, too.
    public func resolve(
        _ request: ProviderRequest, given: StaticCredentials? = nil, among chosen: Set<String>? = nil, until deadline: Int64,
        cancellation: Cancellation? = nil
    ) -> Resolution {
        let candidates = candidates(for: request, given: given, among: chosen, until: deadline, cancellation: cancellation)
        let failures = candidates.askAll()
        let resolution = candidates.resolution
        let told = resolution.failure
        for failure in failures where failure != told { log(.warning, "\(failure)") }
        return resolution
    }

    /// Asks one provider through the cache.
    ///
    /// - Returns: Why it should have answered and could not.
    func ask(
        _ match: ProviderRegistry.Match, _ request: ProviderRequest, until deadline: Int64, _ cancellation: Cancellation?,
        into resolution: inout Resolution
    ) -> Failure? {
        do throws(Failure) {
            let reply = try reply(of: match.provider, to: request, until: deadline, cancellation)
            let count = resolution.add(reply, for: request.image)
            let others = count == 0 && !reply.entries.isEmpty ? ", but what it gave is for other images" : ""
            var source = SourceOutcome(
                origin: match.provider.origin, outcome: count == 0 ? .nothing : .gave(count), reason: match.reason + others)
            source.scope = reply.scope ?? .image
            source.lifetime = reply.duration ?? .zero
            resolution.sources.append(source)
        } catch {
            guard error.code != .notMine else {
                resolution.note(match.provider.origin, .nothing, error.reason)
                return nil
            }
            resolution.note(match.provider.origin, .failed(error), error.description)
            return error
        }
        return nil
    }

    /// Reports that a registry answered an entry with 401, so that the next `resolve` fetches another one.
    ///
    /// - Returns: Whether asking again can bring another entry; true once for each entry.
    public func refused(_ entry: AuthEntry, for request: ProviderRequest) -> Bool {
        guard let key = cacheKey(of: entry, for: request) else { return false }
        return refused(entry, under: key)
    }

    /// Where the reply lies that `entry` came with, for who reports its refusal later and does not want to keep the request; nil for
    /// entries that no provider gave.
    public func cacheKey(of entry: AuthEntry, for request: ProviderRequest) -> CacheKey? {
        guard let provider = registry.providers.first(where: { $0.origin == entry.origin }) else { return nil }
        return CacheKey(provider: provider.id, request: question(request, to: provider))
    }

    /// The same as `refused(_:for:)`, with what `cacheKey` gave.
    public func refused(_ entry: AuthEntry, under key: CacheKey) -> Bool { cache.invalidate(entry, for: key) }

    /// What is wrong or odd with the credentials on this machine, one line each.
    public var warnings: [String] { statics.warnings + statics.traps.compactMap(\.warning) }

    private func reply(
        of provider: any Provider, to request: ProviderRequest, until deadline: Int64, _ cancellation: Cancellation?
    ) throws(Failure) -> ProviderReply {
        let question = question(request, to: provider)
        let isOneShot = isOneShot
        let key = CacheKey(provider: provider.id, request: question)
        return try cache.reply(for: key, until: deadline, cancellation: cancellation) { (fetch) throws(Failure) in
            var question = question
            question.isFresh = question.isFresh || fetch.isFresh
            return try provider.provide(
                question, call: ProviderCall(deadline: fetch.deadline, cancellation: fetch.cancellation, isOneShot: isOneShot))
        }
    }

    /// The request as that provider may see it.
    private func question(_ request: ProviderRequest, to provider: any Provider) -> ProviderRequest {
        guard !provider.usesServiceAccount else { return request }
        var question = request
        question.serviceAccountToken = nil
        question.serviceAccountAnnotations = [:]
        return question
    }
}
