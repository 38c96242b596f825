import CTabardCurl

/// A transfer of libcurl with the connections it keeps.
///
/// Used by one exchange, on one thread, at a time: whoever takes it out of the pool is alone with it until it is given back.
final class CurlWorker: @unchecked Sendable {
    let pointer: OpaquePointer
    /// Where it has been last, so that its connection is found again.
    var origin = ""

    init?() {
        guard let pointer = tabard_curl_worker_new() else { return nil }
        self.pointer = pointer
    }

    deinit { tabard_curl_worker_free(pointer) }
}
