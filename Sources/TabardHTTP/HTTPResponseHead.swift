/// What an answer says before its body.
public struct HTTPResponseHead: Sendable {
    /// The status code, 200 to 999.
    public var status: Int
    /// The fields, names in lower case.
    public var headers: HTTPHeaders

    /// Makes a head.
    public init(status: Int, headers: HTTPHeaders = HTTPHeaders()) {
        self.status = status
        self.headers = headers
    }
}
