public import TabardCore

/// One question to a server.
public struct HTTPRequest: Sendable {
    /// The method, as it goes out: `GET`, `POST`, `HEAD`, `PUT`.
    public var method: String
    /// Where to.
    public var url: WebURL
    /// The fields beside Host, User-Agent, Content-Length and Connection, which the client writes itself.
    public var headers: HTTPHeaders
    /// The body, or nil for none.
    public var body: Secret?
    /// The longest time for the whole exchange, beside the deadline of the call; nil for no other limit.
    public var timeout: Duration?
    /// The longest time until the connection stands, name and TLS included; nil for 10 s, or 2 s to a metadata server.
    public var connectTimeout: Duration?
    /// The longest time without one byte of the answer.
    public var stallTimeout: Duration
    /// The largest answer that `perform` takes, in bytes; a larger one is `.tooLarge`. `stream` does not look at it.
    public var maximumBody: Int
    /// The address is a metadata or container-credential service: never through a proxy, plain HTTP allowed, short connect timeout.
    public var isMetadata: Bool

    /// Makes a request.
    public init(
        method: String = "GET", url: WebURL, headers: HTTPHeaders = HTTPHeaders(), body: Secret? = nil, timeout: Duration? = nil,
        connectTimeout: Duration? = nil, stallTimeout: Duration = .seconds(60), maximumBody: Int = 1 << 20, isMetadata: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.connectTimeout = connectTimeout
        self.stallTimeout = stallTimeout
        self.maximumBody = maximumBody
        self.isMetadata = isMetadata
    }
}
