/// Whose an entry is, which says who may use what it has opened.
public enum EntryOwner: Sendable, Hashable {
    /// The node's own, from its usual places or its plugins: what it opens is for everybody on the node.
    case node
    /// Of whoever asks, who named it with the question.
    case caller
    /// Of whoever may use this Secret.
    case secret(ObjectCoordinates)
    /// Of Pods with this ServiceAccount, in whose name a provider was asked.
    case serviceAccount(ObjectCoordinates)
}
