import TabardCore
import TabardKeyring
import TabardKubernetes
import TabardTestSupport
import Testing

@Suite struct PodPullSecretsTests {
    /// The answers for the Pods of the fixture, by title.
    private func answers(namespace: String = "default") throws -> [String: PodPullSecrets.Answer] {
        let objects = try PodImagesTests.objects(Fixtures.text("kubernetes/shop.yaml"), file: "shop.yaml")
        let secrets = PodPullSecrets(objects, namespace: namespace)
        var answers: [String: PodPullSecrets.Answer] = [:]
        for case let pod? in try objects.map({ try PodImages($0) }) { answers[pod.object.title] = try secrets.answer(for: pod) }
        return answers
    }

    @Test func `the secrets that a Pod names make one keyring, most specific first`() throws {
        let answer = try #require(try answers()["Pod shop/pod"])
        #expect(answer.warnings.isEmpty)
        #expect(answer.secrets.map(\.name) == ["legacy", "regcred"])
        #expect(answer.entries(for: try ImageReference("r.io/team/app")).map(\.username) == ["team", "shop"])
        #expect(answer.entries(for: try ImageReference("r.io/setup")).map(\.username) == ["shop"])
        #expect(
            answer.entries(for: try ImageReference("r.io/setup")).map(\.origin.description)
                == ["pull-secret shop.yaml: secret shop/regcred: r.io"])
    }

    @Test func `a Pod that names none has those of its ServiceAccount, which is default when nobody says`() throws {
        let answers = try answers()
        #expect(answers["Deployment shop/web"]?.secrets.map(\.name) == ["regcred"])
        #expect(answers["StatefulSet shop/db"]?.secrets.isEmpty == true && answers["StatefulSet shop/db"]?.warnings.isEmpty == true)
    }

    @Test func `a missing secret is told in the kubelet's words, and the others are used`() throws {
        let answer = try #require(try answers()["Job shop/once-…"])
        #expect(answer.secrets.map(\.name) == ["legacy"])
        let warning = try #require(answer.warnings.first)
        #expect(
            warning.hasPrefix(
                "Unable to retrieve some image pull secrets of its ServiceAccount batch (gone); attempting to pull the image may not succeed"
            ))
    }

    @Test func `secrets of another namespace are not used, and their place is told`() throws {
        let answer = try #require(try answers()["DaemonSet other/agent"])
        #expect(answer.secrets.isEmpty)
        #expect(answer.warnings.first?.contains("in the namespace other, only in shop; ") == true, "\(answer.warnings)")
    }

    @Test func `what names no namespace is of the one that is given`() throws {
        #expect(try answers()["CronJob nightly"]?.secrets.isEmpty == true)
        #expect(try answers(namespace: "shop")["CronJob nightly"]?.secrets.map(\.name) == ["legacy"])
    }

    @Test func `a secret that cannot be used is told, and the others are used`() throws {
        let text =
            PodImagesTests.pod("imagePullSecrets: [{name: bad}, {name: good}]\n  containers: [{image: r.io/a}]") + """
                ---
                {kind: Secret, metadata: {name: bad}, type: kubernetes.io/dockerconfigjson, data: {.dockerconfigjson: "s3cr3t%"}}
                ---
                {kind: Secret, metadata: {name: good}, type: kubernetes.io/dockercfg, stringData: {.dockercfg: '{"r.io": {"username": "u"}, "%": 1}'}}
                """
        let objects = try PodImagesTests.objects(text)
        let pod = try #require(try PodImages(objects[0]))
        let answer = try PodPullSecrets(objects, namespace: "default").answer(for: pod)
        #expect(answer.secrets.map(\.name) == ["good"])
        #expect(answer.warnings.count == 2)
        #expect(answer.warnings.contains { $0.contains("pod.yaml:7:103") && $0.contains("is not Base64") }, "\(answer.warnings)")
        #expect(answer.warnings.allSatisfy { !$0.contains("s3cr3t") })
    }

    @Test func `the later of two secrets of one name counts`() throws {
        let secret =
            "{kind: Secret, metadata: {name: s}, type: kubernetes.io/dockercfg, stringData: {.dockercfg: '{\"r.io\": {\"username\": \"USER\"}}'}}\n"
        let text = ["first", "second"].map { secret.replacing("USER", with: $0) }.joined(separator: "---\n")
        let objects = try PodImagesTests.objects(text + "---\n" + PodImagesTests.pod("imagePullSecrets: [{name: s}]"))
        let pod = try #require(try PodImages(objects[2]))
        let answer = try PodPullSecrets(objects, namespace: "default").answer(for: pod)
        #expect(answer.entries(for: try ImageReference("r.io/a")).map(\.username) == ["second"])
    }
}
