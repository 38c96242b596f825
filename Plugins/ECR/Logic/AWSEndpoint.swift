import TabardCore

/// Where one service answers for one region.
struct AWSEndpoint: Sendable {
    /// The service.
    let service: AWSService
    /// The region that the signature names.
    let region: String
    /// Where to send requests.
    let url: WebURL

    /// An endpoint at a given place, for tests.
    init(service: AWSService, region: String, url: WebURL) {
        self.service = service
        self.region = region
        self.url = url
    }

    /// Chooses the endpoint: the operator's own URL, else the SDKs' rule for region, FIPS and dual stack.
    ///
    /// `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT` win over what the registry's host name asks for, in both directions.
    /// - Parameters:
    ///   - host: The registry host; nil for services that have nothing to do with one.
    ///   - override: The setting `endpoint`.
    init(
        _ service: AWSService, region: String, following host: ECRHost?, override: String?, environment: AWSEnvironment
    ) throws(Failure) {
        let wantsFIPS = try environment.flag("AWS_USE_FIPS_ENDPOINT")
        let wantsDualStack = try environment.flag("AWS_USE_DUALSTACK_ENDPOINT")
        self.service = service
        self.region = region
        if let (place, text) = try Self.named(service, override: override, environment: environment) {
            guard wantsFIPS != true, wantsDualStack != true else {
                throw Failure(
                    .invalid, attempting: "choosing the \(service.rawValue) endpoint", on: place,
                    reason: "an endpoint of your own cannot be turned into a FIPS or dual-stack one",
                    advice: "unset \(wantsFIPS == true ? "AWS_USE_FIPS_ENDPOINT" : "AWS_USE_DUALSTACK_ENDPOINT"), or the endpoint")
            }
            let url: WebURL
            do {
                url = try WebURL(text)
            } catch {
                throw Failure(
                    .invalid, attempting: "choosing the \(service.rawValue) endpoint", on: place, reason: error.reason,
                    advice: "write it as https://host or https://host:port")
            }
            guard url.query == nil else {
                throw Failure(
                    .invalid, attempting: "choosing the \(service.rawValue) endpoint", on: place, reason: "it has a query",
                    advice: "write it as https://host or https://host:port")
            }
            self.url = url
        } else {
            let name = service.host(
                region: region, isFIPS: wantsFIPS ?? host?.isFIPS ?? false, isDualStack: wantsDualStack ?? host?.isDualStack ?? false)
            url = try WebURL("https://\(name)/")
        }
    }

    /// The operator's own URL and where it is written.
    private static func named(
        _ service: AWSService, override: String?, environment: AWSEnvironment
    ) throws(Failure) -> (place: String, text: String)? {
        if let override { return ("setting endpoint", override) }
        if try environment.flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == true { return nil }
        for name in ["AWS_ENDPOINT_URL_\(service.variableSuffix)", "AWS_ENDPOINT_URL"] {
            if let text = environment.text(name) { return (name, text) }
        }
        return nil
    }
}
