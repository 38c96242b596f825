import TabardCore
import TabardHTTP
import TabardSystem

/// A conversation with one registry about one repository, as one identity or as nobody.
///
/// Nothing is presented before the registry asks for it. What it asks for is remembered: every later request, from whichever thread,
/// carries it from the start, and one token is fetched however many threads wait for it.
final class RegistrySession: Sendable {
    /// What all sessions of a pull share.
    struct Context: Sendable {
        let http: HTTPClient
        let clocks: any Clocks
        let log: LogSink
        let cancellation: Cancellation?
        let requests: RequestCounter
        let pace: HostPace
        /// Tries of one request that failed in a way that time may mend; a try that brought bytes starts the count again.
        var tries = 5
        /// A blob of which nothing comes for so long is asked for anew, from where it stands.
        var stallTimeout = Duration.seconds(30)
    }

    /// What the next request carries, with a number that changes whenever it changes.
    private struct State {
        var header: Secret?
        /// When a token ends, on CLOCK_MONOTONIC.
        var expires = Int64.max
        var challenge: AuthenticationChallenge?
        var generation = 0
        var isFetching = false
    }

    /// An answer whose body has been read: by the caller where it was a success, else here, within bounds.
    struct Answer: Sendable {
        let head: HTTPResponseHead
        let errorBody: Secret
        /// Where the answer came from, after redirects.
        let url: WebURL
    }

    let endpoint: RegistryEndpoint
    let repository: String
    /// The identity, or nil for none.
    let entry: AuthEntry?
    let context: Context
    private let state = Monitor(State())
    private let tokenServer: TokenServer

    private static let maximumRedirects = 10

    init(endpoint: RegistryEndpoint, repository: String, entry: AuthEntry?, context: Context) {
        self.endpoint = endpoint
        self.repository = repository
        self.entry = entry
        self.context = context
        tokenServer = TokenServer(endpoint: endpoint, http: context.http, clocks: context.clocks, requests: context.requests)
    }

    /// Where the credential came from that the registry asked for and took, or nil when it asked for none.
    var usedCredential: Origin? { state.read { $0.header } == nil ? nil : entry?.origin }

    /// Sends one request to the registry, with what it asks for, and follows where it leads.
    ///
    /// - Parameters:
    ///   - isSuccess: Whether the body of an answer with this status goes to `onBytes`; other bodies end in the answer.
    ///   - cancellation: Ends this request in place of the pull's.
    ///   - onHead: Told once, before the body of a success.
    func exchange(
        _ request: HTTPRequest, until deadline: Int64, cancellation: Cancellation? = nil, isSuccess: (Int) -> Bool,
        onHead: (HTTPResponseHead) throws(Failure) -> Void, onBytes: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) -> Answer {
        let cancellation = cancellation ?? context.cancellation
        var (header, generation) = try authorization(until: deadline, cancellation)
        var isSecondTry = false
        while true {
            var authorized = request
            if let header { authorized.headers.add("Authorization", secret: header) }
            let answer = try follow(authorized, until: deadline, cancellation, isSuccess: isSuccess, onHead: onHead, onBytes: onBytes)
            // Another host's 401 is not a question to us: our credential is for the registry alone (CVE-2020-15157).
            guard answer.head.status == 401, !isSecondTry, answer.url.origin == endpoint.base.origin else { return answer }
            let challenges = AuthenticationChallenge.parse(fields: answer.head.headers.all("www-authenticate"))
            guard let next = try reauthorize(challenges, refused: generation, until: deadline, cancellation) else { return answer }
            (header, generation) = next
            isSecondTry = true
        }
    }

    // MARK: Redirects

    private func follow(
        _ request: HTTPRequest, until deadline: Int64, _ cancellation: Cancellation?, isSuccess: (Int) -> Bool,
        onHead: (HTTPResponseHead) throws(Failure) -> Void, onBytes: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) -> Answer {
        var request = request
        let origin = request.url.origin
        for _ in 0...Self.maximumRedirects {
            var errorBody = SecretBuffer()
            var succeeds = false
            var head = HTTPResponseHead(status: 0)
            var isLongEnough = false
            context.requests.count()
            do throws(Failure) {
                _ = try context.http.stream(
                    request, until: deadline, cancellation: cancellation,
                    onHead: { (received) throws(Failure) in
                        head = received
                        succeeds = isSuccess(head.status)
                        if succeeds { try onHead(head) }
                    },
                    onBytes: { (bytes) throws(Failure) in
                        if succeeds { return try onBytes(bytes) }
                        isLongEnough = errorBody.count + bytes.count > RegistryErrorBody.maximumBytes
                        if isLongEnough { throw Failure(.tooLarge, attempting: "reading an error", reason: "it is long") }
                        errorBody.append(bytes)
                    })
            } catch {
                // Whatever else it says, its status has said enough.
                guard isLongEnough else { throw error }
            }
            guard [301, 302, 303, 307, 308].contains(head.status), let location = head.headers.first("location") else {
                return Answer(head: head, errorBody: errorBody.freeze(), url: request.url)
            }
            let next = try endpoint.redirect(from: request.url, to: location)
            if next.origin != origin { request.headers.remove("Authorization") }
            request.url = next
        }
        throw Failure(
            .badResponse, attempting: "asking \(endpoint.registry)", on: request.url.redacted,
            reason: "it redirected more than \(Self.maximumRedirects) times", source: endpoint.registry)
    }

    // MARK: Authorization

    private func authorization(
        until deadline: Int64, _ cancellation: Cancellation?
    ) throws(Failure) -> (header: Secret?, generation: Int) {
        let (current, generation, challenge) = state.read { ($0, $0.generation, $0.challenge) }
        guard current.expires <= context.clocks.monotonicNanoseconds, let challenge else { return (current.header, generation) }
        return try reauthorize([challenge], refused: generation, until: deadline, cancellation) ?? (nil, generation)
    }

    /// What to carry instead of what was refused, or nil when there is nothing else.
    private func reauthorize(
        _ challenges: [AuthenticationChallenge], refused: Int, until deadline: Int64, _ cancellation: Cancellation?
    ) throws(Failure) -> (header: Secret?, generation: Int)? {
        enum Turn {
            case mine
            case done(Secret?, Int)
        }
        let turn = state.wait(until: deadline == .max ? nil : deadline) { state -> Turn? in
            if state.generation != refused { return .done(state.header, state.generation) }
            if state.isFetching { return nil }
            state.isFetching = true
            return .mine
        }
        switch turn {
        case nil:
            throw Failure(.timedOut, attempting: "waiting for a pull token", on: endpoint.registry, reason: "the deadline passed")
        case .done(let header, let generation)?: return (header, generation)
        case .mine?: break
        }
        var new: (header: Secret, expires: Int64, challenge: AuthenticationChallenge)?
        defer {
            state.update { state in
                state.isFetching = false
                guard let new else { return }
                state.header = new.header
                state.expires = new.expires
                state.challenge = new.challenge
                state.generation += 1
            }
        }
        new = try answer(to: challenges, refused: state.read { $0.header }, until: deadline, cancellation)
        return new.map { ($0.header, refused + 1) }
    }

    private func answer(
        to challenges: [AuthenticationChallenge], refused: Secret?, until deadline: Int64, _ cancellation: Cancellation?
    ) throws(Failure) -> (header: Secret, expires: Int64, challenge: AuthenticationChallenge)? {
        let basic = challenges.first { $0.scheme == "basic" }
        var problem: Failure?
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
            if let entry, entry.kind == .registryToken {
                let header = TokenServer.bearer(entry.password)
                return refused?.hasSameBytes(as: header) == true ? nil : (header, .max, bearer)
            }
            do throws(Failure) {
                let token = try tokenServer.token(
                    challenge: bearer, repository: repository, entry: entry, until: deadline, cancellation: cancellation)
                return (TokenServer.bearer(token.value), token.expires, bearer)
            } catch {
                guard basic != nil, error.httpStatus == nil else { throw error }
                problem = error
            }
        }
        if let basic, let entry, entry.kind == .basic, entry.username != "<token>" {
            let header = TokenServer.basic(entry)
            // Refused already: the same again would be the same answer.
            return refused?.hasSameBytes(as: header) == true ? nil : (header, .max, basic)
        }
        if let problem { throw problem }
        return nil
    }
}
