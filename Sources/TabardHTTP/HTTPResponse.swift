public import TabardCore

/// A whole answer.
public struct HTTPResponse: Sendable {
    /// The status code, 200 to 999.
    public var status: Int
    /// The fields, names in lower case.
    public var headers: HTTPHeaders
    /// The body; empty when there is none.
    public var body: Secret

    /// Makes an answer.
    public init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: Secret = Secret("")) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
