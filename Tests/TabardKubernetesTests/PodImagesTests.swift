import TabardCore
import TabardKubernetes
import TabardRegistry
import TabardTestSupport
import Testing

@Suite struct PodImagesTests {
    static func objects(_ text: String, file: String = "pod.yaml") throws -> [KubernetesObject] {
        try KubernetesObject.parse(Secret(text), file: file, attempting: "reading Kubernetes objects")
    }

    static func pods(_ text: String) throws -> [PodImages] { try objects(text).compactMap { try PodImages($0) } }

    static func pod(_ spec: String) -> String { "kind: Pod\nmetadata: {name: p}\nspec:\n  \(spec)\n" }

    @Test func `every kind that makes Pods is read, everything else is passed over`() throws {
        let pods = try Self.pods(Fixtures.text("kubernetes/shop.yaml"))
        #expect(
            pods.map { "\($0.object.title) \($0.serviceAccount): \($0.wants.map(\.image).joined(separator: " "))" } == [
                "Pod shop/pod default: r.io/model:3 r.io/setup:1 r.io/team/app r.io/side:2 busybox",
                "Deployment shop/web default: r.io/web:1",
                "StatefulSet shop/db nobody: r.io/db:1", "DaemonSet other/agent default: r.io/agent:1",
                "ReplicaSet shop/old default: r.io/old:1", "Job shop/once-… batch: r.io/once:1", "CronJob nightly batch: r.io/nightly:1",
            ])
    }

    @Test func `volumes, init containers, containers and ephemeral containers have their own policies`() throws {
        let pod = try #require(try Self.pods(Fixtures.text("kubernetes/shop.yaml")).first)
        #expect(
            pod.wants.map { "\($0.role) \($0.name) \($0.policy?.rawValue ?? "-")" } == [
                "image volume model IfNotPresent", "init container setup Always", "container app -", "container side Never",
                "ephemeral container debug -",
            ])
        #expect(pod.pullSecrets == ["legacy", "regcred", "legacy"])
    }

    @Test func `JSON, an item without a kind in a list of its kind, and documents with nothing are read`() throws {
        let list = #"{"kind":"PodList","items":[{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"x"}]}}]}"#
        #expect(try Self.pods(list).map(\.object.title) == ["Pod a"])
        #expect(try Self.pods("---\n# nothing\n---\n" + Self.pod("containers: [{image: x}]") + "...\n---\n").count == 1)
        #expect(try Self.pods("{kind: Pod, spec: {containers: [{image: x}]}}").count == 1)
        #expect(try Self.objects("").isEmpty)
    }

    @Test(arguments: [
        ("containers: [{name: c}]", "pod.yaml:4:16", "spec.containers[0].image is missing"),
        ("containers: [{image: 7}]", "pod.yaml:4:24", "spec.containers[0].image must be a string, is a number"),
        ("containers: {image: x}", "pod.yaml:4:15", "spec.containers must be an array"),
        ("containers: [{image: x, imagePullPolicy: always}]", "pod.yaml:4:44", "none of Always, IfNotPresent and Never"),
        ("volumes: [{image: {}}]", "pod.yaml:4:21", "spec.volumes[0].image.reference is missing"),
        ("imagePullSecrets: [regcred]", "pod.yaml:4:22", "spec.imagePullSecrets[0] must be an object"),
    ])
    func `a malformed Pod says where and why`(_ spec: String, _ place: String, _ reason: String) {
        let failure = #expect(throws: Failure.self) { try Self.pods(Self.pod(spec)) }
        #expect(failure?.code == .invalid)
        #expect(failure?.subject == place, "\(String(describing: failure))")
        #expect(failure?.reason.contains(reason) == true, "\(String(describing: failure))")
    }

    @Test(arguments: ["a: 1", "[]", "just text", "{\"auths\": {}}", "kind: [Pod]", "kind: Pod", "kind: List\nitems: {}"])
    func `what is no manifest is refused`(_ text: String) {
        let failure = #expect(throws: Failure.self) { try Self.pods(text) }
        #expect(failure?.code == .invalid && failure?.subject.hasPrefix("pod.yaml:") == true, "\(String(describing: failure))")
    }

    @Test(arguments: [
        ("nginx", PullPolicy.always), ("nginx:latest", .always), ("nginx:Latest", .ifNotPresent), ("nginx:1.25", .ifNotPresent),
        ("gcr.io/p/i:v1", .ifNotPresent),
        ("nginx:1@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", .ifNotPresent),
        ("nginx:latest@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", .always),
        ("nginx@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", .ifNotPresent),
    ])
    func `a policy that is not given is Kubernetes' own`(_ image: String, _ policy: PullPolicy) throws {
        #expect(PullPolicy.standard(for: try ImageReference(image)) == policy)
    }
}
