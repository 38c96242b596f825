/// How a proxy is spoken to. The raw values are libcurl's names.
enum ProxyKind: String, Sendable {
    case http
    /// Over TLS of its own.
    case https
    /// Resolves the names itself, as Go programs expect of both spellings; libcurl does so for this one only.
    case socks5 = "socks5h"
}
