import TabardCore
import TabardRegistry

/// One image to pull, and for whom.
struct PullOrder {
    /// What two orders agree in that are done with one pull.
    struct Key: Hashable {
        let image: ImageReference
        let policy: PullPolicy?
        let secrets: [Origin]
        let serviceAccount: ObjectCoordinates?
    }

    let image: ImageReference
    /// The policy of the container, or nil for the command line's.
    var policy: PullPolicy?
    /// The entries of the Pod's pull secrets for this image, in the order to try them.
    var pullSecrets: [AuthEntry] = []
    /// The Pod's ServiceAccount, where the files have it from a cluster.
    var serviceAccount: ObjectCoordinates?
    /// The object: `Deployment shop/web`; empty for images of the command line.
    var pod = ""
    /// `container app`; empty as well.
    var container = ""

    init(_ image: ImageReference) { self.image = image }

    var key: Key { Key(image: image, policy: policy, secrets: pullSecrets.map(\.origin), serviceAccount: serviceAccount) }

    /// What lines about it start with.
    var prefix: String { pod.isEmpty ? "" : Self.prefix(pod, container) }

    static func prefix(_ pod: String, _ container: String) -> String { "\(pod), \(container): " }

    /// What is said when it cannot be pulled: for containers in the kubelet's words.
    func complaint(_ failure: Failure) -> String {
        if pod.isEmpty { return failure.description }
        let name = image.text
        if failure.code == .notFound, policy == .never {
            return "\(prefix)ErrImageNeverPull: Container image \"\(name)\" is not present with pull policy of Never"
        }
        return "\(prefix)ErrImagePull: Failed to pull image \"\(name)\": \(failure)"
    }
}
