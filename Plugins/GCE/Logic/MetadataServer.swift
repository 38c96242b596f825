internal import TabardCore
internal import TabardPluginKit

/// Google's metadata server, as far as credentials need it: `http://169.254.169.254/computeMetadata/v1/`, plain HTTP by design, since it
/// never leaves the machine. The header `Metadata-Flavor: Google` proves to it that no browser was tricked into asking, and its own
/// proves to us that no captive portal and no other cloud answered.
struct MetadataServer: Sendable {
    /// The setting of every provider that asks it.
    static let setting = SettingDescription(
        "metadataHost",
        "host or host:port of the metadata server; default GCE_METADATA_HOST, GCE_METADATA_IP, 169.254.169.254, metadata.google.internal")

    /// Where it is asked, in this order; the next one only if nothing answered at the one before.
    let addresses: [WebURL]
    /// Whether an operator named the address: then it must be there, whatever the machine.
    let isNamed: Bool
    let machine: Machine
    private let random: @Sendable () -> Double

    /// Finds the address: the setting, then the variables that Google's own libraries read, then the address, then the name. The address
    /// comes before the name because resolving a name has no deadline of its own where DNS is broken.
    init(setting: String?, surroundings: Surroundings) throws(Failure) {
        let named: (place: String, text: String)? =
            if let setting, !setting.isEmpty {
                ("the setting metadataHost", setting)
            } else if let host = surroundings.variable("GCE_METADATA_HOST") {
                ("GCE_METADATA_HOST", host)
            } else if let address = surroundings.variable("GCE_METADATA_IP") {
                ("GCE_METADATA_IP", address)
            } else {
                nil
            }
        if let named {
            addresses = [try Self.address(named.text, from: named.place)]
        } else {
            addresses = [
                try Self.address("169.254.169.254", from: "the default"), try Self.address("metadata.google.internal", from: "the default"),
            ]
        }
        isNamed = named != nil
        machine = named == nil ? Machine(productName: surroundings.productName()) : .unknown
        random = surroundings.random
    }

    private static func address(_ text: String, from place: String) throws(Failure) -> WebURL {
        let complaint = Failure(
            .invalid, attempting: "reading \(place)", on: String(text.prefix(200)), reason: "it is not a host or host:port",
            advice: "write it as 127.0.0.1:8080 or metadata.google.internal, without http:// and path")
        guard !text.contains("/"), let url = try? WebURL("http://\(text)/"), url.path == "/", url.query == nil else { throw complaint }
        return url
    }

    /// The answer to one question, asked again while that may help and the call's time allows.
    ///
    /// - Parameters:
    ///   - path: Below `/computeMetadata/v1/`.
    ///   - read: Makes something of the answer; a transient failure of it is a reason to ask again.
    func get<Answer>(
        _ path: String, call: PluginCall, read: (PluginHTTPResponse) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        // A machine of another maker is asked once, so that its operator need not wait for the answer "you are not on Google Cloud".
        let attempts =
            switch machine {
            case .google: 6
            case .other: 1
            case .unknown: isNamed ? 6 : 2
            }
        let budget = RetryBudget(attempts: attempts, random: random)
        return try budget.run(call) { (_) throws(Failure) in try read(try askOnce(path, call: call)) }
    }

    /// An answer that is plain text and no secret.
    func text(_ path: String, call: PluginCall) throws(Failure) -> String {
        try get(path, call: call) { (response) throws(Failure) in response.body.withBytes { String(decoding: $0, as: UTF8.self) } }
    }

    private func askOnce(_ path: String, call: PluginCall) throws(Failure) -> PluginHTTPResponse {
        var silence: Failure?
        for address in addresses {
            let url = "\(address.origin)/computeMetadata/v1/\(path)"
            var request = PluginHTTPRequest("GET", url, headers: [("Metadata-Flavor", "Google")], maximumBody: 64 << 10, isMetadata: true)
            // GKE's agent asks other services before it answers, so it needs seconds; nobody answers on another maker's machine.
            request.timeout = .seconds(silentMachine ? 1 : 10)
            let response: PluginHTTPResponse
            do {
                response = try call.http(request)
            } catch {
                // Only silence is a reason to try the other address, and only where the name can mean something.
                guard error.isTransient, !call.isCancelled else { throw absent(error, url) }
                silence = silence ?? error
                if silentMachine { break }
                continue
            }
            try check(response, url: url, path: path, now: call.unixTime)
            return response
        }
        // There is at least one address, so without an answer there is a failure.
        throw absent(
            silence ?? Failure(.unavailable, attempting: "asking the metadata server", reason: "it has no address"), addresses[0].origin)
    }

    private var silentMachine: Bool {
        if case .other = machine { return true }
        return false
    }

    /// Nobody answered.
    private func absent(_ error: Failure, _ url: String) -> Failure {
        var failure = error
        failure.attempting = "asking Google's metadata server"
        failure.subject = url
        guard error.isTransient else { return failure }
        switch machine {
        case .other(let product):
            failure.code = .notFound
            failure.reason =
                "this machine is not on Google Cloud (its firmware says \"\(product.prefix(80))\"), and nothing answers: \(error.reason)"
            failure.advice = "set metadataHost where a metadata server is elsewhere; else this provider cannot help here"
        case .google:
            failure.advice = "check that no firewall or network policy on the node blocks 169.254.169.254"
        case .unknown where isNamed:
            failure.advice = "check the address (metadataHost, GCE_METADATA_HOST or GCE_METADATA_IP)"
        case .unknown:
            failure.advice = "on Google Cloud, check that nothing blocks 169.254.169.254; elsewhere this provider cannot help"
        }
        return failure
    }
}
