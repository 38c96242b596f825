internal import TabardCore
internal import TabardPluginKit

/// Google's metadata server, as far as credentials need it: `http://169.254.169.254/computeMetadata/v1/`, plain HTTP by design, since it
/// never leaves the machine. The header `Metadata-Flavor: Google` proves to it that no browser was tricked into asking, and its own
/// proves to us that no captive portal and no other cloud answered.
struct MetadataServer: Sendable {
    /// The setting of every provider that asks it.
    static let setting = SettingDescription(
        "metadataHost",
        "host or host:port of the metadata server; default GCE_METADATA_HOST, GCE_METADATA_IP, 169.254.169.254, then"
            + " fd20:ce::254 and metadata.google.internal")

    /// Where it is asked, in this order; the next one only if nothing answered at the one before.
    let addresses: [WebURL]
    /// Whether an operator named the address: then it must be there, whatever the machine.
    let isNamed: Bool
    let machine: Machine
    private let random: @Sendable () -> Double

    /// For every machine, for one that has IPv6 alone, and for whatever answers to the name (GKE's agent, a sovereign cloud).
    private static let standard = ["169.254.169.254", "[fd20:ce::254]", "metadata.google.internal"]

    /// Finds the address: the setting, then the variables that Google's own libraries read, then the address, then the name. The address
    /// comes before the name because resolving a name has no deadline of its own where DNS is broken.
    init(settings: ProviderSettings, surroundings: Surroundings) throws(Failure) {
        let named: (place: String, text: String)? =
            if let setting = settings[Self.setting.key], !setting.isEmpty {
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
            addresses = try Self.standard.map { (text) throws(Failure) in try Self.address(text, from: "the default") }
        }
        isNamed = named != nil
        let firmware = Machine(setting: settings[Machine.setting.key], surroundings: surroundings)
        // Who names the address knows better than the firmware what is there.
        machine = named != nil && firmware != .google && settings[Machine.setting.key] == nil ? .unknown : firmware
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
        let isExpected = isExpected
        let places = isExpected ? addresses : [try probe(call)]
        // GKE's agent answers 503 for as long as a node starts.
        let retries = PatientRetries(budget: RetryBudget(attempts: 12, random: random)) { isExpected }
        return try retries.run(call) { () throws(Failure) in
            try read(try ask(path, at: places, timeout: .seconds(10), call: call))
        }
    }

    /// Whether somebody says that there is a metadata server: then it is waited for. Else the answer that there is none must be quick.
    private var isExpected: Bool {
        switch machine {
        case .google: true
        case .other: false
        case .unknown: isNamed
        }
    }

    /// Which address has a metadata server, found by a question that it answers at once: GKE's agent, which asks other services before it
    /// gives a token, does so too. All of them together get less than a second.
    private func probe(_ call: PluginCall) throws(Failure) -> WebURL {
        var silence: Failure?
        for address in machine == .unknown ? addresses : [addresses[0]] {
            do {
                _ = try ask("", at: [address], timeout: .milliseconds(silence == nil ? 400 : 200), call: call)
                return address
            } catch {
                guard error.isTransient, error.httpStatus == nil, !call.isCancelled else {
                    // Not ready is an answer: the question itself is then tried again.
                    if error.isTransient, error.httpStatus != nil { return address }
                    throw error
                }
                silence = silence ?? error
            }
        }
        throw silence ?? Failure(.unavailable, attempting: "asking the metadata server", reason: "it has no address")
    }

    /// An answer that is plain text and no secret.
    func text(_ path: String, call: PluginCall) throws(Failure) -> String {
        try get(path, call: call) { (response) throws(Failure) in response.body.withBytes { String(decoding: $0, as: UTF8.self) } }
    }

    /// Asks at each place until something answers.
    private func ask(_ path: String, at places: [WebURL], timeout: Duration, call: PluginCall) throws(Failure) -> PluginHTTPResponse {
        var silence: Failure?
        for address in places {
            let url = "\(address.origin)/computeMetadata/v1/\(path)"
            var request = PluginHTTPRequest("GET", url, headers: [("Metadata-Flavor", "Google")], maximumBody: 64 << 10, isMetadata: true)
            request.timeout = timeout
            let response: PluginHTTPResponse
            do {
                response = try call.http(request)
            } catch {
                // Only silence is a reason to try the next address.
                guard error.isTransient, !call.isCancelled else { throw absent(error, url) }
                silence = silence ?? absent(error, url)
                continue
            }
            try check(response, url: url, path: path, now: call.unixTime)
            return response
        }
        throw silence ?? Failure(.unavailable, attempting: "asking the metadata server", reason: "it has no address")
    }

    /// Nobody answered.
    private func absent(_ error: Failure, _ url: String) -> Failure {
        var failure = error
        failure.attempting = "asking Google's metadata server"
        failure.subject = url
        guard error.isTransient else { return failure }
        switch machine {
        case .other(let witness):
            failure.code = .notFound
            failure.reason = "this machine is not on Google Cloud (\(witness)), and nothing answers: \(error.reason)"
            failure.advice =
                "give application default credentials (GOOGLE_APPLICATION_CREDENTIALS or credentialsFile), or set metadataHost where a"
                + " metadata server is elsewhere"
        case _ where isNamed:
            failure.advice = "check the address (metadataHost, GCE_METADATA_HOST or GCE_METADATA_IP)"
        case .google:
            failure.advice = "check that no firewall or network policy on the node blocks 169.254.169.254"
        case .unknown:
            failure.advice = "on Google Cloud, check that nothing blocks 169.254.169.254; elsewhere give GOOGLE_APPLICATION_CREDENTIALS"
        }
        return failure
    }
}
