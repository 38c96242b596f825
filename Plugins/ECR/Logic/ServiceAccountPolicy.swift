/// What the token of a Pod's service account is for, when the kubelet sends one.
enum ServiceAccountPolicy: String, CaseIterable, Sendable {
    /// No answer without it and a role for it.
    case require
    /// The Pod's role where it has one, else the machine's identity, which the log then says.
    case prefer
    /// The machine's identity in every case.
    case never
}
