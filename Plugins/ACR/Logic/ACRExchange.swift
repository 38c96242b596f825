import TabardCore
import TabardPluginKit

/// The second of the two calls: one registry's refresh token for Entra's token.
struct ACRExchange: Sendable {
    /// The registry of the request, with its port when it has one.
    let registry: String
    /// What its name says; nil for a host that an operator named.
    let host: ACRHost?
    /// Who asks.
    let identity: AzureIdentity
    /// How long is tried.
    let retries: PatientRetries

    /// What is being done, for messages.
    static let attempt = "exchanging Entra ID's token for the registry's"

    /// Performs it.
    ///
    /// The exchange is where every registry of Azure has it, so the challenge that would say so is only asked for when it is not.
    /// - Returns: The answer of status 200, and the token service that gave it.
    func perform(_ token: Secret, call: PluginCall) throws(Failure) -> (response: PluginHTTPResponse, service: ACRTokenService) {
        var scheme = WebURL.Scheme.https
        let usual = try service(scheme)
        var response = try retries.run(call) { () throws(Failure) in
            do throws(Failure) {
                return try send(token, to: usual, call: call)
            } catch {
                // A tunnel's end on this machine may speak plain HTTP; nothing leaves the machine that way. A certificate that is not
                // trusted is no reason to: a server that speaks TLS does not answer the question without a token.
                guard error.code == .unavailable, error.httpStatus == nil, host == nil, usual.url.isLoopback else { throw error }
                let plain = try service(.http)
                guard let answer = try? call.http(Self.question(plain)), answer.status == 401 || answer.status == 200 else { throw error }
                scheme = .http
                return try send(token, to: plain, call: call)
            }
        }
        var used = try service(scheme)
        if [301, 302, 307, 308, 400, 404, 405].contains(response.status), let better = challenged(used, call: call) {
            response = try retries.run(call) { () throws(Failure) in try send(token, to: better, call: call) }
            used = better
        }
        guard response.status == 200 else { throw ACRRefusal(response, now: call.unixTime).failure(of: self) }
        return (response, used)
    }

    private static let pullAttempt = "asking the registry for a token that pulls one repository"

    /// The third call, when it is wanted: a token for pulling one repository, for the refresh token.
    func pullToken(
        for repository: String, refresh: Secret, at service: ACRTokenService, call: PluginCall
    ) throws(Failure) -> PluginHTTPResponse {
        try retries.run(call) { () throws(Failure) in
            let response = try call.http(service.pullToken(for: repository, refresh: refresh), as: Self.pullAttempt, on: registry)
            guard response.status == 200 else {
                throw ACRRefusal(response, now: call.unixTime).failure(of: self, attempting: Self.pullAttempt)
            }
            return response
        }
    }

    private func service(_ scheme: WebURL.Scheme) throws(Failure) -> ACRTokenService {
        // The default port is left out, so that the origin is one text only.
        let origin = try WebURL("\(scheme.rawValue)://\(registry)").origin
        return try ACRTokenService(origin: origin, service: host?.loginServer ?? registry)
    }

    /// One exchange; answers that time may mend are thrown.
    private func send(_ token: Secret, to service: ACRTokenService, call: PluginCall) throws(Failure) -> PluginHTTPResponse {
        let response = try call.http(service.exchange(token: token, tenant: identity.tenant), as: Self.attempt, on: registry)
        let refusal = ACRRefusal(response, now: call.unixTime)
        if refusal.isTransient { throw refusal.failure(of: self) }
        return response
    }

    /// What makes a registry say how it is logged in to (OCI Distribution, "determining support").
    private static func question(_ service: ACRTokenService) -> PluginHTTPRequest {
        PluginHTTPRequest("GET", "\(service.url.origin)/v2/", timeout: .seconds(15), maximumBody: 64 << 10)
    }

    /// What the registry itself says about its token service, where that differs from `usual`.
    private func challenged(_ usual: ACRTokenService, call: PluginCall) -> ACRTokenService? {
        do {
            guard let better = usual.corrected(by: try call.http(Self.question(usual))) else { return nil }
            call.log(.info(4), "\(registry) calls itself \(better.service) and exchanges tokens at \(better.url)")
            return better
        } catch {
            call.log(.warning, "cannot ask \(registry) where it exchanges tokens: \(error)")
            return nil
        }
    }
}

extension PluginCall {
    /// An exchange whose failure names the step that an operator knows.
    func http(_ request: PluginHTTPRequest, as attempt: String, on subject: String) throws(Failure) -> PluginHTTPResponse {
        do {
            return try http(request)
        } catch {
            var failure = error
            failure.attempting = attempt
            failure.subject = subject
            throw failure
        }
    }
}
