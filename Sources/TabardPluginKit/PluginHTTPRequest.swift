public import TabardCore

/// One HTTP exchange that a provider asks of the host. Redirects are never followed.
public struct PluginHTTPRequest: Sendable {
    /// `GET`, `POST`, …
    public var method: String
    /// Absolute, http or https, without user and fragment.
    public var url: String
    /// Header fields; Host, Content-Length, Connection and User-Agent are the host's.
    public var headers: [(name: String, value: FieldValue)]
    /// The body, or nil for none.
    public var body: Secret?
    /// For this exchange; nil is only the call's deadline.
    public var timeout: Duration?
    /// The most bytes of body that are wanted back; nil is the host's own limit, which also bounds larger numbers.
    public var maximumBody: Int?
    /// Whether the other side is a metadata service: no proxy, plain HTTP allowed, short connect timeout.
    public var isMetadata: Bool

    /// Makes a request.
    public init(
        _ method: String = "GET", _ url: String, headers: [(name: String, value: FieldValue)] = [], body: Secret? = nil,
        timeout: Duration? = nil, maximumBody: Int? = nil, isMetadata: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.maximumBody = maximumBody
        self.isMetadata = isMetadata
    }

    /// The value of the first field of that name, whatever its case, when it may be seen.
    public func header(_ name: String) -> String? {
        for field in headers where field.name.lowercased() == name.lowercased() {
            if case .text(let text) = field.value { return text }
        }
        return nil
    }
}
