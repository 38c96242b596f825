import TabardCore
import TabardJSON
import TabardPluginKit

/// An identity that Azure gave to this machine, from its metadata service
/// (https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token).
struct ManagedIdentity: Sendable {
    /// Which one.
    enum Name: Sendable, Equatable {
        /// The machine's own.
        case system
        /// One that the machine was given, by its client id.
        case client(String)
        /// The same, by its object (principal) id.
        case object(String)
        /// The same, by its resource id.
        case resource(String)
    }

    /// Which one.
    let name: Name
    /// The directory, where the operator says it.
    let tenant: String?
    /// The service's origin, without a slash at the end.
    let endpoint: String
    /// What was looked for before, when nobody asked for a managed identity: for the failure.
    let lookedFor: String?

    /// Where it is on every machine of Azure.
    static let standardEndpoint = "http://169.254.169.254"
    private static let attempt = "asking Azure's instance metadata for a token"

    /// For messages.
    var words: String {
        switch name {
        case .system: "the machine's own managed identity"
        case .client(let id): "the managed identity with client id \(id)"
        case .object(let id): "the managed identity with object id \(id)"
        case .resource(let id): "the managed identity \(id)"
        }
    }

    /// Which identity a text of the operator means.
    ///
    /// - Throws: `.invalid` naming `place`.
    static func name(_ text: String, from place: String) throws(Failure) -> Name {
        func isIdentifier(_ text: some StringProtocol) -> Bool {
            (1...100).contains(text.utf8.count)
                && text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || isLetter($0) }
        }
        if text == "system" { return .system }
        // As a path of Azure Resource Manager: printable, and nothing that needs thought.
        if text.lowercased().contains(text: "/subscriptions/"), text.utf8.count <= 1000, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
            return .resource(text)
        }
        if text.hasPrefix("object:"), isIdentifier(text.dropFirst(7)) { return .object(String(text.dropFirst(7))) }
        if isIdentifier(text) { return .client(text) }
        throw Failure(
            .invalid, attempting: "choosing a managed identity", on: place, reason: "it names none",
            advice: "write system, a client id, object: and an object id, or a resource id /subscriptions/…")
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    /// Asks for a token. On a machine that is not Azure's nothing is waited for, and the answer is there within a second.
    func token(audience: String, retries: PatientRetries, isAzures: Bool, call: PluginCall) throws(Failure) -> Secret {
        let request = question(audience: audience, timeout: isAzures ? .seconds(10) : .milliseconds(900))
        let response: PluginHTTPResponse
        do {
            response = try retries.run(call) { () throws(Failure) in
                let response: PluginHTTPResponse
                do throws(Failure) {
                    response = try call.http(request, as: Self.attempt, on: endpoint)
                } catch {
                    guard error.isTransient, !isAzures, !call.isCancelled else { throw error }
                    throw nothing(error)
                }
                if [404, 408, 410, 429].contains(response.status) || response.status >= 500 {
                    throw Failure(
                        .unavailable, attempting: Self.attempt, on: endpoint, reason: "it is overloaded or starting",
                        advice: "try again; what else answers at that address is not Azure's", httpStatus: response.status,
                        retryAfter: response.retryAfter(now: call.unixTime))
                }
                return response
            }
        } catch {
            guard isAzures, error.isTransient, error.httpStatus == nil else { throw error }
            var failure = error
            failure.advice = "let this process reach \(endpoint) (network policies, iptables, the host's network for containers)"
            throw failure
        }
        guard response.status == 200 else { throw refusal(response) }
        let source = JSONSource(endpoint, attempting: Self.attempt, code: .badResponse)
        let answer = try JSONDocument(reading: response.body, from: source).root
        let token = try answer.requireSecret("access_token")
        guard !token.isEmpty else { throw answer.failure("has an empty access_token") }
        return token
    }

    private func question(audience: String, timeout: Duration) -> PluginHTTPRequest {
        var query = "api-version=2018-02-01&resource=\(PercentEncoding.encode(audience))"
        switch name {
        case .system: break
        case .client(let id): query += "&client_id=\(PercentEncoding.encode(id))"
        case .object(let id): query += "&object_id=\(PercentEncoding.encode(id))"
        case .resource(let id): query += "&msi_res_id=\(PercentEncoding.encode(id))"
        }
        return PluginHTTPRequest(
            "GET", "\(endpoint)/metadata/identity/oauth2/token?\(query)", headers: [("Metadata", "true")], timeout: timeout,
            maximumBody: 64 << 10, isMetadata: true)
    }

    /// Nothing answers on a machine that is not known to be Azure's.
    private func nothing(_ failure: Failure) -> Failure {
        let first = lookedFor.map { "\($0), and " } ?? ""
        return Failure(
            .notFound, attempting: "looking for an Azure identity", on: endpoint,
            reason: "\(first)there is no instance metadata: \(failure.reason)",
            advice: "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH or"
                + " AZURE_FEDERATED_TOKEN_FILE; on a machine of Azure's whose network comes up late, set azure to true")
    }

    private func refusal(_ response: PluginHTTPResponse) -> Failure {
        let body = try? JSONDocument(parsing: response.body).root
        let description = body?["error_description"]?.string ?? ""
        var failure = Failure(.denied, attempting: Self.attempt, on: endpoint, reason: "it refused", httpStatus: response.status)
        switch response.status {
        case 400 where description.contains(text: "Identity not found"):
            failure.reason = "this machine does not have \(words)"
            failure.advice =
                name == .system
                ? "turn its system-assigned identity on, or name a user-assigned one in the setting managedIdentity"
                : "assign it to the machine or its scale set, and check the id"
        case 400 where description.contains(text: "Multiple user assigned identities"):
            failure.reason = "this machine has more than one identity"
            failure.advice = "name one in the setting managedIdentity"
        case 400 where body?["error"]?.string == "invalid_resource":
            failure.reason = "the directory does not know what the token is for"
            failure.advice = "check the setting audience"
        case 403:
            failure.advice = "look for a firewall or a network policy in front of instance metadata"
        default:
            failure.code = .badResponse
            failure.reason = "what answers there is not Azure's instance metadata, or refused"
            failure.advice = "check AZURE_POD_IDENTITY_AUTHORITY_HOST and the setting metadataEndpoint"
        }
        return failure
    }
}
