import TabardCore

/// Brings one request to a server and the answer back. Which transport does it is decided by `HTTPClient` alone.
///
/// Both closures are called on the calling thread: `onHead` once, with the final head (no 1xx), then `onBytes` for each piece of the body.
/// What they throw ends the exchange and comes out of `run`.
protocol HTTPTransport: Sendable {
    func run(
        _ exchange: HTTPExchange, onHead: (HTTPResponseHead) throws(Failure) -> Void,
        onBytes: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure)
}
