import TabardCommand
import TabardCore
import TabardJSON
import TabardKeyring
import TabardKubernetes
import TabardRegistry

extension Pull {
    /// What the command line wants pulled, and what it wants that cannot be, which has been said.
    func orders() throws(Failure) -> (orders: [PullOrder], failures: [Failure]) {
        guard !pods.files.isEmpty else {
            return (try images.map { (text) throws(Failure) in PullOrder(try ImageReference(text)) }, [])
        }
        let objects = try pods.objects()
        let given = try credentials.pullSecretObjects()
        var workloads: [PodImages] = []
        for object in objects {
            if let workload = try PodImages(object) { workloads.append(workload) }
        }
        guard !workloads.isEmpty else {
            let kinds = Set(objects.map(\.kind)).sorted().joined(separator: ", ")
            throw Failure(
                .invalid, attempting: "looking for Pods", on: pods.files.joined(separator: ", "),
                reason: objects.isEmpty ? "there is nothing in it" : "there is no Pod and nothing with a Pod template in it, only \(kinds)")
        }
        let secrets = PodPullSecrets(objects + given, namespace: pods.namespace ?? "default")
        var orders: [PullOrder] = []
        var failures: [Failure] = []
        var used: Set<String> = []
        for workload in workloads {
            try checkNamespace(of: workload.object)
            let answer = try secrets.answer(for: workload)
            for warning in answer.warnings { common.log(.warning, "\(workload.object.title): \(warning)") }
            used.formUnion(answer.secrets.map { "\($0.namespace ?? secrets.namespace)/\($0.name)" })
            for want in workload.wants {
                do throws(Failure) {
                    orders.append(try order(want, of: workload.object, secrets: answer))
                } catch {
                    StandardErrorLog.write("tabard: \(Self.invalidName(want, workload.object, error))".escapingControlCharacters())
                    failures.append(error)
                }
            }
        }
        for secret in given where secret.kind == "Secret" && !used.contains("\(secret.namespace ?? secrets.namespace)/\(secret.name)") {
            common.log(
                .warning, "--pull-secret \(secret.file): no Pod uses \(secret.title): none of its namespace names it in imagePullSecrets")
        }
        return (orders, failures)
    }

    private func order(_ want: PodImages.Want, of object: KubernetesObject, secrets: PodPullSecrets.Answer) throws(Failure) -> PullOrder {
        var order = PullOrder(try ImageReference(want.image))
        order.policy = policy ?? want.policy ?? .standard(for: order.image)
        order.pullSecrets = secrets.entries(for: order.image)
        order.serviceAccount = secrets.serviceAccount
        order.pod = object.title
        order.container = want.name.isEmpty ? want.role : "\(want.role) \(want.name)"
        return order
    }

    private static func invalidName(_ want: PodImages.Want, _ object: KubernetesObject, _ failure: Failure) -> String {
        let image = want.image.prefix(300)
        let place = "\(object.file):\(want.node.position.line):\(want.node.position.column)"
        return PullOrder.prefix(object.title, want.name.isEmpty ? want.role : "\(want.role) \(want.name)")
            + "InvalidImageName: Failed to apply default image tag \"\(image)\": couldn't parse image name: \(failure.reason) (\(place))"
    }

    /// As kubectl refuses it: whoever names a namespace does not want another one's Pods.
    private func checkNamespace(of object: KubernetesObject) throws(Failure) {
        guard let wanted = pods.namespace, let namespace = object.namespace, namespace != wanted else { return }
        throw object.node.failure(
            "(\(object.title)) is of the namespace \(namespace), and --namespace says \(wanted)", advice: "leave --namespace out")
    }
}
