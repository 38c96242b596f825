import TabardCore

/// The bytes of a request on the wire, and what may not become such bytes.
enum RequestEncoding {
    /// Fields that the client writes itself, because they say how the message is framed or routed.
    private static let reserved: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade", "expect", "proxy-connection",
        "accept-encoding",
    ]

    /// Refuses what would be another request than the caller meant.
    static func check(_ request: HTTPRequest) throws(Failure) {
        func refuse(_ reason: String) -> Failure {
            Failure(.invalid, attempting: "preparing a request", on: request.subject, reason: reason)
        }
        guard !request.method.isEmpty, request.method.utf8.allSatisfy(\.isToken), request.method != "CONNECT" else {
            throw refuse("the method is not an HTTP method")
        }
        guard request.url.target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw refuse("the URL holds a byte that must be encoded")
        }
        for (name, value) in request.headers.entries {
            guard !name.isEmpty, name.utf8.allSatisfy(\.isToken) else { throw refuse("a field has no proper name") }
            guard !reserved.contains(name.lowercased()) else { throw refuse("the field \(name) is not the caller's to set") }
            let isFit =
                switch value {
                case .text(let text): text.utf8.allSatisfy(\.isFieldValue)
                case .secret(let secret): secret.withBytes { $0.allSatisfy(\.isFieldValue) }
                }
            guard isFit else { throw refuse("the value of the field \(name) holds a line break or control character") }
        }
    }

    /// Whether a length is said even when there is no body (RFC 9110 section 8.6).
    static func saysLength(_ request: HTTPRequest) -> Bool {
        request.body != nil || ["POST", "PUT", "PATCH"].contains(request.method)
    }

    /// Head and body for an HTTP/1.1 server.
    static func encode(_ exchange: HTTPExchange, keepsAlive: Bool) -> SecretBuffer {
        let request = exchange.request
        var bytes = SecretBuffer(capacity: 1024 + (request.body?.count ?? 0))
        // A proxy is told the whole URL (RFC 9112 section 3.2.2); inside a tunnel there is none.
        let proxy = request.url.scheme == .http ? exchange.proxy : nil
        let target = proxy == nil ? request.url.target : request.url.description
        bytes.append("\(request.method) \(target) HTTP/1.1\r\nHost: \(request.url.authority)\r\n")
        append(proxy?.authorization, to: &bytes)
        for (name, value) in exchange.headers {
            bytes.append("\(name): ")
            switch value {
            case .text(let text): bytes.append(text)
            case .secret(let secret): bytes.append(secret)
            }
            bytes.append("\r\n")
        }
        if saysLength(request) { bytes.append("Content-Length: \(request.body?.count ?? 0)\r\n") }
        bytes.append(keepsAlive ? "\r\n" : "Connection: close\r\n\r\n")
        if let body = request.body { bytes.append(body) }
        return bytes
    }

    /// Asks a proxy for a connection to the server. Nothing else of the request is for the proxy.
    static func encodeConnect(_ exchange: HTTPExchange) -> SecretBuffer {
        let place = exchange.request.url.hostAndPort
        var bytes = SecretBuffer(capacity: 512)
        bytes.append("CONNECT \(place) HTTP/1.1\r\nHost: \(place)\r\nUser-Agent: \(exchange.userAgent)\r\n")
        append(exchange.proxy?.authorization, to: &bytes)
        bytes.append("\r\n")
        return bytes
    }

    private static func append(_ proxyAuthorization: Secret?, to bytes: inout SecretBuffer) {
        guard let proxyAuthorization else { return }
        bytes.append("Proxy-Authorization: Basic ")
        bytes.append(proxyAuthorization)
        bytes.append("\r\n")
    }
}

extension HTTPRequest {
    /// What logs and failures call it.
    var subject: String { "\(method) \(url.redacted)" }
}
