public import TabardCore
public import TabardSystem

/// Whatever can put one question to a server: the client, or a stand-in for tests.
public protocol HTTPExchanging: Sendable {
    /// One exchange: no redirect is followed, nothing is retried, any status is an answer.
    ///
    /// Blocks the calling thread until the answer is complete, `deadline` passes (monotonic nanoseconds) or `cancellation` is raised.
    /// - Throws: `.invalid` for a request that may not be sent, `.unavailable`, `.timedOut`, `.cancelled`, `.badResponse` for what is
    ///   not HTTP, `.tooLarge`, `.unsupported` without the library that it takes.
    func perform(_ request: HTTPRequest, until deadline: Int64, cancellation: Cancellation?) throws(Failure) -> HTTPResponse
}
