/// What the token of a Pod's service account is for, when the kubelet sends one.
public enum ServiceAccountPolicy: String, CaseIterable, Sendable {
    /// No answer without it and an identity for it.
    case require
    /// The Pod's identity where it has one, else the machine's, which the log then says.
    case prefer
    /// The machine's identity in every case.
    case never
}
