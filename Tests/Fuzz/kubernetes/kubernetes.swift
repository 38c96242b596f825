import TabardCore
import TabardJSON
import TabardKeyring
import TabardKubernetes

/// Manifests: Pods and their secrets; a Pod has only secrets of its own namespace that somebody names, and a docker config that is taken for
/// a Secret reads back as the same logins.
func fuzz(_ input: UnsafeRawBufferPointer) {
    let bytes = Secret(copying: input)
    if let config = try? PullSecretText(name: "s", namespace: "n", config: bytes, file: "f") {
        for format in PullSecretText.Format.allCases {
            guard let written = try? config.write(format), let reading = try? PullSecret.parse(written, file: "f") else {
                return require(false, "a Secret that is written can be read")
            }
            let logins = (try? DockerConfig.parse(bytes, file: "f", format: .config))?.entries ?? []
            let read = reading.secrets.first?.config.entries.map(\.username)
            require(read == logins.map(\.username), "a Secret reads back as the same logins")
        }
    }
    _ = try? PullSecret.parse(bytes, file: "f")
    let objects: [KubernetesObject]
    do {
        objects = try KubernetesObject.parse(bytes, file: "f", attempting: "fuzzing")
    } catch {
        require(error.code == .invalid, "a mistake in a file is invalid")
        return require(isPrintable(error.description), "a failure is one plain line")
    }
    let secrets = PodPullSecrets(objects, namespace: "default")
    for object in objects {
        guard let pod = try? PodImages(object), let answer = try? secrets.answer(for: pod) else { continue }
        for secret in answer.secrets {
            require((secret.namespace ?? "default") == (object.namespace ?? "default"), "a Pod uses secrets of its own namespace alone")
            require(pod.pullSecrets.isEmpty || pod.pullSecrets.contains(secret.name), "a Pod uses the secrets that it names")
        }
        for want in pod.wants {
            if let image = try? ImageReference(want.image) { _ = answer.entries(for: image) }
        }
    }
}
