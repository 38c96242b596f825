import TabardCore
import TabardHTTP
import TabardSystem

/// An HTTP client that ends with its handle: what plugins were given lives as long as the process, its connections and threads do not.
final class ClosableHTTP: HTTPExchanging {
    private let client: Monitor<HTTPClient?>

    init(_ client: HTTPClient) { self.client = Monitor(client) }

    func perform(_ request: HTTPRequest, until deadline: Int64, cancellation: Cancellation?) throws(Failure) -> HTTPResponse {
        guard let client = client.read({ $0 }) else {
            throw Failure(.cancelled, attempting: "requesting", reason: "the host that this belonged to was closed")
        }
        return try client.perform(request, until: deadline, cancellation: cancellation)
    }

    /// Lets go of the client; the last exchange that uses it ends it.
    func close() {
        let last = client.withLock { client in
            defer { client = nil }
            return client
        }
        withExtendedLifetime(last) {}
    }
}
