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
    var nextByteLimit: WaitLimit {
        var limit = limit
        let now = limit.clocks.monotonicNanoseconds
        let (stalled, isOver) = now.addingReportingOverflow(stall)
        if !isOver { limit.deadline = min(limit.deadline, stalled) }
        return limit
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
