/// The versions of the kubelet's exec protocol; an answer has the version of its question.
public enum ExecVersion: String, Sendable, Hashable, CaseIterable {
    /// Kubernetes 1.26 and later; the only one that carries service account tokens.
    case v1
    /// Kubernetes 1.24 and later.
    case v1beta1
    /// Kubernetes 1.20 and later.
    case v1alpha1

    /// As it stands in `apiVersion`.
    public var apiVersion: String { "credentialprovider.kubelet.k8s.io/\(rawValue)" }

    /// The version that `apiVersion` names, or nil.
    init?(apiVersion: String) {
        guard let version = Self.allCases.first(where: { $0.apiVersion == apiVersion }) else { return nil }
        self = version
    }
}
