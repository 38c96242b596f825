public import TabardCore

/// A source of registry credentials: the one type that the author of a Swift plugin writes.
///
/// The host makes one instance for each set of settings. Unless the descriptor says `isConcurrent`, it makes one call at a time on an
/// instance, from any thread; the type is `Sendable` because those threads differ.
public protocol CredentialProvider: Sendable {
    /// Who it is and which images it serves. Read once, before any instance exists; must not do any I/O.
    static var descriptor: ProviderDescriptor { get }

    /// Makes an instance. Check settings here; the network waits until `provide`.
    ///
    /// - Parameters:
    ///   - settings: What the operator wrote, checked against the descriptor: no unknown key, no value of another kind.
    ///   - call: Ends when this returns; do not keep it.
    /// - Throws: Usually `.invalid`. The provider then fails with this reason for every image.
    init(settings: ProviderSettings, call: PluginCall) throws(Failure)

    /// Whether an image that a pattern matched is really served. No I/O, microseconds, the same answer each time.
    func matches(_ request: PluginRequest) -> Bool

    /// Obtains what opens the image. May block until `call.deadline`.
    ///
    /// - Parameter call: Ends when this returns; do not keep it.
    /// - Returns: The entries; none means that the image needs no credentials.
    /// - Throws: Why there are none: `.notMine` when the image is not served after all, else the reason that the operator will read.
    func provide(_ request: PluginRequest, call: PluginCall) throws(Failure) -> ProviderReply
}

extension CredentialProvider {
    /// Everything that the patterns match.
    public func matches(_ request: PluginRequest) -> Bool { true }
}
