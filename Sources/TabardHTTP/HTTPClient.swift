public import TabardCore
public import TabardSystem

/// Puts requests to servers: bounded, never silently redirected, with nothing secret in what it logs (V6) or throws.
///
/// A small transport of our own speaks HTTP/1.1, over libssl where it is TLS; libcurl serves the rarer kinds of proxy. Both libraries are
/// loaded when they are first needed. May be used from any number of threads.
public final class HTTPClient: HTTPExchanging {
    private static let metadataConnectTimeout = Duration.seconds(2)
    private static let connectTimeout = Duration.seconds(10)

    private let configuration: HTTPConfiguration
    private let clocks: any Clocks
    private let log: LogSink
    private let resolver: NameResolver
    private let transport: (any HTTPTransport)?
    private let socket: SocketTransport
    private let curl: CurlTransport

    /// Makes a client. It opens nothing before the first request.
    public convenience init(configuration: HTTPConfiguration, clocks: any Clocks = SystemClocks(), log: LogSink = .silent) {
        self.init(configuration: configuration, clocks: clocks, log: log, resolver: NameResolver())
    }

    /// - Parameter transport: Carries every request, in place of the one that suits it.
    init(
        configuration: HTTPConfiguration, clocks: any Clocks, log: LogSink, resolver: NameResolver, transport: (any HTTPTransport)? = nil
    ) {
        self.configuration = configuration
        self.clocks = clocks
        self.log = log
        self.resolver = resolver
        self.transport = transport
        socket = SocketTransport(configuration)
        curl = CurlTransport(configuration)
    }

    /// One exchange with the whole body in memory; see `HTTPExchanging`.
    public func perform(_ request: HTTPRequest, until deadline: Int64, cancellation: Cancellation?) throws(Failure) -> HTTPResponse {
        var body = SecretBuffer()
        var head = HTTPResponseHead(status: 0)
        let tooLarge = Failure(
            .tooLarge, attempting: "requesting", on: request.subject, reason: "the answer is over the limit of \(request.maximumBody) bytes"
        )
        try run(
            request, until: deadline, cancellation: cancellation, isStream: false,
            onHead: { received throws(Failure) in
                head = received
                let isBodiless = request.method == "HEAD" || received.status == 204 || received.status == 304
                if !isBodiless, let length = received.headers.first("content-length").flatMap(Int.init), length > request.maximumBody {
                    throw tooLarge
                }
            },
            onBytes: { bytes throws(Failure) in
                if bytes.count > request.maximumBody - body.count { throw tooLarge }
                body.append(bytes)
            })
        return HTTPResponse(status: head.status, headers: head.headers, body: body.freeze())
    }

    /// One exchange whose body is handed on as it arrives, for bodies that do not fit in memory.
    ///
    /// Both closures run on the calling thread, so a slow `onBytes` slows the server down. `onHead` is called once, before any byte;
    /// pieces have 1 to 524,288 bytes and are valid only during the call. What a closure throws ends the exchange and is thrown on.
    /// `maximumBody` is not looked at: whoever knows the right length counts. Silence longer than the request's `stallTimeout` is
    /// `.timedOut`; an end before the announced length is `.unavailable`.
    public func stream(
        _ request: HTTPRequest, until deadline: Int64, cancellation: Cancellation?,
        onHead: (HTTPResponseHead) throws(Failure) -> Void, onBytes: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) -> HTTPResponseHead {
        var head = HTTPResponseHead(status: 0)
        try run(
            request, until: deadline, cancellation: cancellation, isStream: true,
            onHead: { received throws(Failure) in
                head = received
                try onHead(received)
            }, onBytes: onBytes)
        return head
    }

    private func run(
        _ request: HTTPRequest, until deadline: Int64, cancellation: Cancellation?, isStream: Bool,
        onHead: (HTTPResponseHead) throws(Failure) -> Void, onBytes: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let started = clocks.monotonicNanoseconds
        var status = 0
        var count = 0
        do {
            let (exchange, transport) = try prepare(request, until: deadline, cancellation: cancellation, isStream: isStream)
            try transport.run(
                exchange,
                onHead: { head throws(Failure) in
                    status = head.status
                    try onHead(head)
                },
                onBytes: { bytes throws(Failure) in
                    count += bytes.count
                    try onBytes(bytes)
                })
        } catch {
            log(.info(6), "\(request.subject) failed after \(milliseconds(since: started)) ms and \(count) bytes: \(error.reason)")
            throw error
        }
        log(.info(6), "\(request.subject) \(status) \(count) bytes in \(milliseconds(since: started)) ms")
    }

    private func milliseconds(since start: Int64) -> Int64 { (clocks.monotonicNanoseconds - start) / 1_000_000 }

    /// Decides everything about a request that can be decided before connecting.
    private func prepare(
        _ request: HTTPRequest, until deadline: Int64, cancellation: Cancellation?, isStream: Bool
    ) throws(Failure) -> (HTTPExchange, any HTTPTransport) {
        try RequestEncoding.check(request)
        let literal = IPAddress(request.url.host)
        if let literal { try checkForbidden(literal, request) }
        let isListed =
            literal.map(MetadataAddresses.contains) == true || isNamed(request.url, in: configuration.metadataHosts)
            || isNamed(request.url, in: MetadataAddresses.names)
        try checkPlainHTTP(request, isListed: isListed)

        let now = clocks.monotonicNanoseconds
        let end = min(deadline, request.timeout.map { now.addingSaturated($0) } ?? .max)
        let connectTimeout = request.connectTimeout ?? (request.isMetadata ? Self.metadataConnectTimeout : Self.connectTimeout)
        let limit = WaitLimit(deadline: end, cancellation: cancellation, clocks: clocks)
        var connectLimit = limit
        connectLimit.deadline = min(end, now.addingSaturated(connectTimeout))

        let proxy = request.isMetadata || isListed ? nil : try configuration.proxies.proxy(for: request.url)
        func exchange(_ addresses: [IPAddress]) -> HTTPExchange {
            HTTPExchange(
                request: request, userAgent: configuration.userAgent, limit: limit, connectLimit: connectLimit,
                stall: max(0, request.stallTimeout.wholeNanoseconds), isStream: isStream, proxy: proxy, addresses: addresses)
        }
        do { try limit.check() } catch { throw exchange([]).failure(error, .connecting) }
        return (exchange(try resolve(exchange([]))), choose(for: request, proxy))
    }

    private func choose(for request: HTTPRequest, _ proxy: ProxyRules.Proxy?) -> any HTTPTransport {
        if let transport { return transport }
        if let proxy, proxy.kind != .http { return curl }
        return request.url.scheme == .http || TLSContext.loadProblem() == nil ? socket : curl
    }

    private func resolve(_ exchange: HTTPExchange) throws(Failure) -> [IPAddress] {
        let host = exchange.proxy?.host ?? exchange.request.url.host
        if let literal = IPAddress(host) { return [literal] }
        // RFC 6761 section 6.3: these names never leave the machine, so credentials sent to them do not either.
        if host == "localhost" || host.hasSuffix(".localhost") { return ["127.0.0.1", "::1"].compactMap { IPAddress($0) } }
        let addresses: [IPAddress]
        do {
            addresses = try resolver.addresses(of: host, until: exchange.connectLimit)
        } catch {
            switch error {
            case .wait(let error): throw exchange.failure(error, .resolving)
            case .busy:
                throw exchange.failure(.unavailable, "too many name lookups hang", advice: "check the name servers in /etc/resolv.conf")
            case .failed(let reason):
                throw exchange.failure(
                    .unavailable, "the name \(host) cannot be resolved: \(reason)", advice: "check its spelling and /etc/resolv.conf")
            }
        }
        if exchange.proxy == nil { for address in addresses { try checkForbidden(address, exchange.request) } }
        return addresses
    }

    private func checkForbidden(_ address: IPAddress, _ request: HTTPRequest) throws(Failure) {
        guard configuration.forbidsLinkLocal, MetadataAddresses.isForbidden(address) else { return }
        throw Failure(
            .invalid, attempting: "requesting", on: request.subject,
            reason: "\(address) is a link-local or metadata address, and TABARD_FORBID_LINK_LOCAL=1 forbids those",
            advice: "unset TABARD_FORBID_LINK_LOCAL, or name another address for the service")
    }

    /// Credentials travel without TLS only where they cannot leave the node, or where the operator says so.
    private func checkPlainHTTP(_ request: HTTPRequest, isListed: Bool) throws(Failure) {
        guard request.url.scheme == .http, !request.url.isLoopback, !isListed else { return }
        if request.isMetadata {
            throw Failure(
                .invalid, attempting: "requesting", on: request.subject, reason: "\(request.url.authority) is not a known metadata service",
                advice: "name the host in the configuration if it is one")
        }
        if isNamed(request.url, in: configuration.insecureHosts) { return }
        let hasSecret = request.headers.entries.contains { entry in
            if case .secret = entry.value { return true }
            return HTTPHeaders.isSame(entry.name, "authorization") || HTTPHeaders.isSame(entry.name, "cookie")
        }
        if hasSecret || request.body?.isEmpty == false {
            throw Failure(
                .invalid, attempting: "requesting", on: request.subject,
                reason: "credentials would travel over plain HTTP, readable for anybody",
                advice: "use https://, or name \(request.url.authority) as an insecure host")
        }
    }

    private func isNamed(_ url: WebURL, in hosts: Set<String>) -> Bool {
        hosts.contains(url.authority) || hosts.contains(url.hostAndPort)
    }
}
