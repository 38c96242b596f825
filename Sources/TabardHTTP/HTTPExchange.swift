import TabardCore
import TabardSystem

/// One request with everything that was decided about it before a transport gets it.
struct HTTPExchange: Sendable {
    let request: HTTPRequest
    let userAgent: String
    /// The end of everything; carries the cancellation.
    let limit: WaitLimit
    /// The end of resolving, connecting and shaking hands; never later than `limit`.
    let connectLimit: WaitLimit
    /// Nanoseconds without a byte after which the server counts as stuck.
    let stall: Int64
    /// Whether the body goes to a caller as it comes, so that large pieces pay.
    let isStream: Bool
    /// The proxy to use, or nil.
    let proxy: ProxyRules.Proxy?
    /// What the host's name (or the proxy's) leads to, in the order in which to try. Empty where the address is a literal that libcurl
    /// reads itself.
    let addresses: [IPAddress]

    /// A limit for the next byte: the end of everything or a stall from now, whichever comes first.
    var nextByteLimit: WaitLimit { limit(forByteAfter: limit.clocks.monotonicNanoseconds) }

    /// The same, counted from an earlier moment.
    func limit(forByteAfter moment: Int64) -> WaitLimit {
        var limit = limit
        let (stalled, isOver) = moment.addingReportingOverflow(stall)
        if !isOver { limit.deadline = min(limit.deadline, stalled) }
        return limit
    }

    /// The fields that are sent beside those that say how the message is framed and routed.
    var headers: [(name: String, value: FieldValue)] {
        let own = request.headers.contains("user-agent") ? [] : [(name: "User-Agent", value: FieldValue.text(userAgent))]
        return own + request.headers.entries
    }

    /// Which kept connections lead to the server.
    var poolName: String { proxy.map { "\(request.url.origin) through \($0.name)" } ?? request.url.origin }

    /// `host:port:address,address` in libcurl's form, or nil where the host is an address already.
    var resolveEntry: String? {
        let host = proxy?.host ?? request.url.host
        guard IPAddress(host) == nil, !addresses.isEmpty else { return nil }
        let list = addresses.map { $0.isV6 ? "[\($0)]" : "\($0)" }.joined(separator: ",")
        return "\(host):\(proxy?.port ?? request.url.port):\(list)"
    }
}

/// Where an exchange was when it failed.
enum HTTPPhase: String, Sendable {
    case resolving = "looking up the name"
    case connecting = "connecting"
    case handshaking = "setting up TLS"
    case sending = "sending the request"
    case waiting = "waiting for the answer"
    case receiving = "receiving the body"
}
