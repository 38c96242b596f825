public import TabardCore
import TabardJSON
public import TabardKeyring

/// The pull secrets that Pods may use: those that they name, or else their ServiceAccount, of their own namespace.
public struct PodPullSecrets: Sendable {
    /// What is known for one Pod.
    public struct Answer: Sendable {
        /// Those that can be used, in the order in which they are named.
        public internal(set) var secrets: [PullSecret] = []
        /// What a person should know: a secret that is missing or cannot be used. The kubelet, too, goes on without it.
        public internal(set) var warnings: [String] = []
        /// The Pod's ServiceAccount, where the files have it with a uid.
        public internal(set) var serviceAccount: ObjectCoordinates?

        /// What fits an image, all secrets taken together, most specific first.
        public func entries(for image: ImageReference) -> [AuthEntry] {
            Keyring(keys: secrets.flatMap(\.config.keys)).entries(for: image)
        }
    }

    private struct Key: Hashable {
        let namespace: String
        let name: String
    }

    /// The namespace of what names none.
    public let namespace: String
    private var secrets: [Key: KubernetesObject] = [:]
    private var accounts: [Key: KubernetesObject] = [:]

    /// - Parameters:
    ///   - objects: What the files hold, in their order; a later Secret or ServiceAccount takes the place of an earlier one of its name.
    ///   - namespace: The namespace of what names none.
    public init(_ objects: [KubernetesObject], namespace: String) {
        self.namespace = namespace
        for object in objects {
            let key = Key(namespace: object.namespace ?? namespace, name: object.name)
            if object.kind == "Secret" { secrets[key] = object }
            if object.kind == "ServiceAccount" { accounts[key] = object }
        }
    }

    /// Finds what one Pod may use.
    ///
    /// - Throws: `.invalid` when its ServiceAccount's list of secrets is malformed.
    public func answer(for pod: PodImages) throws(Failure) -> Answer {
        let place = pod.object.namespace ?? namespace
        var names = pod.pullSecrets
        var wanting = ""
        // As the admission controller for ServiceAccounts does it: only when the Pod names none itself.
        let account = accounts[Key(namespace: place, name: pod.serviceAccount)]
        if names.isEmpty, let account {
            names = try PodImages.names(in: account.node)
            wanting = " of its ServiceAccount \(pod.serviceAccount)"
        }
        var answer = Answer()
        if let uid = try account?.node.optionalObject("metadata")?.optionalString("uid"), !uid.isEmpty {
            answer.serviceAccount = ObjectCoordinates(uid: uid, namespace: place, name: pod.serviceAccount)
        }
        var missing: [String] = []
        var seen: Set<String> = []
        for name in names where seen.insert(name).inserted {
            guard let object = secrets[Key(namespace: place, name: name)] else {
                missing.append(name)
                continue
            }
            do throws(Failure) {
                let secret = try PullSecret.read(object.node, file: object.file)
                answer.secrets.append(secret)
                answer.warnings += secret.config.problems.map { "Ignoring an entry of a pull secret: \($0)" }
            } catch {
                answer.warnings.append("Ignoring a pull secret: \(error)")
            }
        }
        if !missing.isEmpty {
            answer.warnings.append(
                "Unable to retrieve some image pull secrets\(wanting) (\(missing.joined(separator: ", "))); attempting to pull the image may "
                    + "not succeed: no file has them in the namespace \(place)\(elsewhere(missing))")
        }
        return answer
    }

    /// Where secrets of these names are that the Pod may not use.
    private func elsewhere(_ names: [String]) -> String {
        let places = Set(secrets.keys.filter { names.contains($0.name) }.map(\.namespace)).sorted()
        guard !places.isEmpty else { return "" }
        return ", only in \(places.joined(separator: ", ")); a Pod uses secrets of its own namespace alone, and --namespace says which one "
            + "objects without a namespace are of"
    }
}
