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

    /// Chooses the endpoint: the operator's own URL (setting, variables, profile), else the SDKs' rule for region, FIPS and dual stack.
    ///
    /// `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`, or the profile's settings of that meaning, win over what the registry's host name asks for, in both directions.
    /// - Parameters:
    ///   - host: The registry host; nil for services that have nothing to do with one.
    ///   - override: The setting `endpoint`.
    init(
        _ service: AWSService, region: String, following host: ECRHost?, override: String?, environment: AWSEnvironment
    ) throws(Failure) {
        let profiles = try AWSProfiles(environment: environment)
        func flag(_ variable: String, _ key: String) throws(Failure) -> Bool? {
            if let value = try environment.flag(variable) { return value }
            return try profiles.flag(key)
        }
        let wantsFIPS = try flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")
        let wantsDualStack = try flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")
        let ignoresConfigured = try flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls")
        let named: (place: String, text: String)? =
            if let override { ("setting endpoint", override) } else if ignoresConfigured == true { nil } else {
                Self.named(service, environment: environment) ?? profiles.endpoint(of: service)
            }
        self.service = service
        self.region = region
        if let (place, text) = named {
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

    /// The URL that a variable names, and which variable.
    private static func named(_ service: AWSService, environment: AWSEnvironment) -> (place: String, text: String)? {
        for name in ["AWS_ENDPOINT_URL_\(service.variableSuffix)", "AWS_ENDPOINT_URL"] {
            if let text = environment.text(name) { return (name, text) }
        }
        return nil
    }
}
