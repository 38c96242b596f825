public import TabardCore

/// Who wants to use an image: what he can show.
public struct ImageRequester: Sendable {
    /// The credentials for this image that came with his question. What is the node's own shows nothing.
    public var entries: [AuthEntry]
    /// His ServiceAccount, or nil.
    public var serviceAccount: ObjectCoordinates?

    /// Takes what he can show; by default nothing.
    public init(entries: [AuthEntry] = [], serviceAccount: ObjectCoordinates? = nil) {
        self.entries = entries
        self.serviceAccount = serviceAccount
    }
}
