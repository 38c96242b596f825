import CTabardCurl
import TabardCore
import TabardSystem

extension HTTPExchange {
    /// What a report of libcurl means to the reader. Its own words are used only where no class of ours fits; they hold no secret.
    func failure(_ report: tabard_curl_report, _ phase: HTTPPhase, bytes: Int64, trusting store: String) -> Failure {
        var text = report.text.map { String(cString: $0) } ?? "no reason given"
        // It quotes a proxy's URL that it cannot use, and there may be a password in it.
        if proxy != nil, text.contains("@") { text = "the proxy's URL does not suit libcurl" }
        switch tabard_curl_outcome(rawValue: UInt32(report.outcome)) {
        case TABARD_CURL_NAME:
            return failure(.unavailable, "the name of \(peer) cannot be resolved", advice: "check its spelling and /etc/resolv.conf")
        case TABARD_CURL_CONNECT where report.os_errno != 0:
            return failure(.failed(SystemError("connect", number: Int32(clamping: report.os_errno))), .connecting)
        case TABARD_CURL_CONNECT:
            return failure(.unavailable, "no connection to \(peer): \(text)", advice: "check the network, routes and proxy settings")
        case TABARD_CURL_TIMED_OUT: return failure(.timedOut, phase, bytes: bytes)
        case TABARD_CURL_CERTIFICATE: return certificateFailure(report.verify_result, text, store)
        case TABARD_CURL_STORE:
            return failure(.invalid, "the certificate authorities in \(store) cannot be read", advice: "correct the file, or SSL_CERT_FILE")
        case TABARD_CURL_TLS: return handshakeFailure(text)
        case TABARD_CURL_CUT where report.proxy_status >= 300: return proxyFailure(report.proxy_status)
        case TABARD_CURL_CUT where text.contains(text: "chunk"): return failure(.badResponse, "the chunked body is malformed: \(text)")
        case TABARD_CURL_CUT where report.os_errno != 0:
            return failure(.failed(SystemError("recv", number: Int32(clamping: report.os_errno))), phase, bytes: bytes)
        case TABARD_CURL_CUT:
            let progress = phase == .receiving ? " after \(bytes) bytes" : ""
            return failure(.unavailable, "the connection to \(peer) broke while \(phase.rawValue)\(progress): \(text)", advice: "try again")
        case TABARD_CURL_EMPTY: return failure(.unavailable, "\(peer) closed the connection without an answer", advice: "try again")
        case TABARD_CURL_TRUNCATED:
            return failure(.unavailable, "the connection ended after \(bytes) bytes of the body, before its end", advice: "try again")
        case TABARD_CURL_NOT_HTTP:
            return failure(
                .badResponse, "the answer of \(peer) is not HTTP", advice: "check that the address and port are an HTTP server's")
        case TABARD_CURL_HEAD_TOO_LARGE: return failure(.tooLarge, "the head of the answer is too large")
        case TABARD_CURL_PROXY: return failure(.unavailable, "\(peer) would not connect: \(text)", advice: "check the proxy settings")
        case TABARD_CURL_MEMORY: return failure(.local, "libcurl has no memory")
        case TABARD_CURL_OLD_LIBRARY:
            return failure(.unsupported, "libcurl.so.4 lacks an option that is needed: \(text)", advice: "install libcurl 7.77 or newer")
        default: return failure(.unavailable, "\(text) (libcurl error \(report.code)) while \(phase.rawValue)")
        }
    }
}
