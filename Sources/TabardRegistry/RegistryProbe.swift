public import TabardCore
public import TabardHTTP
public import TabardSystem

/// Asks a registry what it says to one identity, without fetching more than the manifest.
public struct RegistryProbe: Sendable {
    private let context: RegistrySession.Context
    private let insecureRegistries: Set<String>

    /// Makes a probe.
    public init(http: HTTPClient, insecureRegistries: Set<String> = [], clocks: any Clocks, log: LogSink) {
        context = RegistrySession.Context(
            http: http, clocks: clocks, log: log, cancellation: nil, requests: RequestCounter(), pace: HostPace(clocks: clocks))
        self.insecureRegistries = insecureRegistries
    }

    /// Reads the manifest of `image` as `entry`, or as nobody.
    ///
    /// - Returns: The digest that the image has now.
    /// - Throws: What the registry said, as a pull would report it.
    public func digest(of image: ImageReference, as entry: AuthEntry?, until deadline: Int64) throws(Failure) -> ContentDigest {
        var endpoint = try RegistryEndpoint(for: image, insecureRegistries: insecureRegistries)
        return try RegistrySession.open(image, as: entry, at: &endpoint, context: context, until: deadline).manifest.descriptor.digest
    }
}
