import Glibc

/// Looks up host names on threads of its own, because getaddrinfo(3) knows no deadline and cannot be stopped.
///
/// Answers are kept for a minute. A lookup that is given up goes on alone until the system's resolver is done; how many may do so at once
/// is bounded.
public final class NameResolver: Sendable {
    /// Why a name has no address.
    public enum LookupError: Error, Sendable, Equatable {
        /// The system's resolver said no, in its own words.
        case failed(String)
        /// Too many lookups are still waiting for an answer.
        case busy
        /// The wait ended first.
        case wait(WaitError)
    }

    /// How one name is looked up: blocks for as long as it likes.
    public typealias Lookup = @Sendable (_ name: String) -> Result<[IPAddress], LookupError>

    private static let lifetime: Int64 = 60_000_000_000
    private static let maximumRunning = 32
    private static let maximumKept = 256

    private struct State {
        var kept: [String: (addresses: [IPAddress], until: Int64)] = [:]
        var running: [String: Answer] = [:]
    }
    private enum Source {
        case kept([IPAddress])
        case running(Answer)
        case missing(Answer)
    }

    private let state = Monitor(State())
    private let lookup: Lookup

    /// Makes a resolver; without an argument it asks the system (hosts file, DNS).
    public init(lookup: @escaping Lookup = NameResolver.askSystem) { self.lookup = lookup }

    /// The addresses of a name, in the order in which they should be tried; at least one. Whoever asks for a name that is being looked up
    /// waits for the same answer.
    public func addresses(of name: String, until limit: WaitLimit) throws(LookupError) -> [IPAddress] {
        let now = limit.clocks.monotonicNanoseconds
        let source: Source = try state.update { state throws(LookupError) in
            if let kept = state.kept[name], kept.until > now { return .kept(kept.addresses) }
            if let running = state.running[name] { return .running(running) }
            guard state.running.count < Self.maximumRunning else { throw .busy }
            let answer = Answer()
            state.running[name] = answer
            return .missing(answer)
        }
        let answer: Answer
        switch source {
        case .kept(let addresses): return addresses
        case .running(let running): answer = running
        case .missing(let new):
            answer = new
            start(name, answer)
        }
        do {
            try limit.wait(for: answer.arrival.descriptor, .reading)
        } catch {
            throw .wait(error)
        }
        let addresses = try (answer.result.withLock { $0 } ?? .failure(.failed("no answer"))).get()
        guard !addresses.isEmpty else { throw .failed("the name has no address") }
        state.update { state in
            if state.kept.count >= Self.maximumKept { state.kept.removeAll() }
            state.kept[name] = (addresses, now + Self.lifetime)
        }
        return addresses
    }

    /// Those who joined the wait in the meantime learn of a thread that did not start, too.
    private func start(_ name: String, _ answer: Answer) {
        let finish: @Sendable (Result<[IPAddress], LookupError>) -> Void = { [state] result in
            answer.result.withLock { $0 = result }
            state.update { $0.running[name] = nil }
            answer.arrival.cancel()
        }
        do {
            try WorkerThread(detached: true) { [lookup] in finish(lookup(name)) }
        } catch {
            finish(.failure(.wait(.failed(error))))
        }
    }

    /// Shared with the thread, which may outlive the wait.
    private final class Answer: Sendable {
        let result = Monitor<Result<[IPAddress], LookupError>?>(nil)
        /// Raised when the result is there: the one-way flag with a descriptor that `Cancellation` is.
        let arrival = Cancellation()
    }

    /// Asks getaddrinfo(3).
    public static let askSystem: Lookup = { name in
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, nil, &hints, &list)
        guard code == 0 else {
            return .failure(.failed(code == EAI_SYSTEM ? SystemError("getaddrinfo").meaning : String(cString: gai_strerror(code))))
        }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next?.pointee {
            if let address = IPAddress(socketAddress: entry), !addresses.contains(address) { addresses.append(address) }
            next = entry.ai_next
        }
        return .success(addresses)
    }
}

extension IPAddress {
    fileprivate init?(socketAddress entry: addrinfo) {
        guard let place = UnsafeRawPointer(entry.ai_addr) else { return nil }
        // getaddrinfo gives a structure of the family's own type behind ai_addr.
        switch entry.ai_family {
        case AF_INET:
            self.init(bytes: withUnsafeBytes(of: place.loadUnaligned(as: sockaddr_in.self).sin_addr) { Array($0) })
        case AF_INET6:
            self.init(bytes: withUnsafeBytes(of: place.loadUnaligned(as: sockaddr_in6.self).sin6_addr) { Array($0) })
        default: return nil
        }
    }
}
