import TabardCore

/// Where a directory gives out tokens.
struct EntraAuthority: Sendable {
    /// `https://login.microsoftonline.com/`, or with a path where a private cloud has one.
    let url: WebURL

    /// The one of a cloud.
    init(of cloud: AzureCloud) throws(Failure) { url = try WebURL(cloud.authority) }

    /// One that an operator named, as AZURE_AUTHORITY_HOST does for Azure's own SDKs: with or without `https://`.
    ///
    /// - Throws: `.invalid`; also for plain HTTP, over which the client secret would be readable, unless the host is this machine.
    init(named text: String, in place: String) throws(Failure) {
        func wrong(_ reason: String) -> Failure {
            Failure(
                .invalid, attempting: "choosing the Entra authority", on: place, reason: reason,
                advice: "write it as https://login.microsoftonline.us")
        }
        let url: WebURL
        do {
            url = try WebURL(text.contains(text: "://") ? text : "https://\(text)")
        } catch {
            throw wrong(error.reason)
        }
        guard url.query == nil else { throw wrong("it has a query") }
        guard url.scheme == .https || url.isLoopback else { throw wrong("it must be https: the client secret goes there") }
        self.url = url
    }

    /// The token endpoint of one tenant ("OAuth 2.0 client credentials flow", Microsoft identity platform documentation).
    func tokenEndpoint(tenant: String) throws(Failure) -> WebURL {
        let base = url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path
        return try WebURL("\(url.origin)\(base)/\(PercentEncoding.encode(tenant))/oauth2/v2.0/token")
    }
}
