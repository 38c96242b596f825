import TabardCore
import TabardExec
import TabardJSON
import TabardTestSupport
import Testing

@Suite struct ExecRequestTests {
    static func cases() throws -> [JSONNode] { try Fixtures.json("exec/requests.json").elements }

    @Test(arguments: try cases()) func `a request is read or refused as the fixture says`(_ test: JSONNode) throws {
        let name = try test.requireString("name")
        let input = Secret(try test.requireString("stdin"))
        guard let image = try test.optionalString("image") else {
            let failure = #expect(throws: Failure.self, "\(name)") { try ExecRequest(parsing: input) }
            let line = try #require(failure).description
            for part in try test.require("says").asStrings() { #expect(line.contains(part), "\(name): \(line)") }
            #expect(failure?.exitCode == 2)
            #expect(failure?.advice != "", "\(name): \(line)")
            #expect(!line.contains("\n"))
            return
        }
        let request = try ExecRequest(parsing: input)
        #expect(request.question.image.name == image, "\(name)")
        #expect(request.version.rawValue == (try test.requireString("version")), "\(name)")
        #expect(request.question.serviceAccountToken?.text == (try test.optionalString("token")), "\(name)")
        #expect(request.question.serviceAccountAnnotations == (try test.optional("annotations")?.asStringMap() ?? [:]), "\(name)")
    }

    @Test func `over 1 MiB is refused unread, exactly 1 MiB is read`() throws {
        let start = #"{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"r.example/a","x":""#
        let filler = String(repeating: "a", count: ExecRequest.maximumSize - start.utf8.count - 2)
        #expect(try ExecRequest(parsing: Secret(start + filler + #""}"#)).question.image.name == "r.example/a")
        let failure = #expect(throws: Failure.self) { try ExecRequest(parsing: Secret(start + filler + #"a"}"#)) }
        #expect(failure?.reason.contains("1 MiB") == true)
    }

    @Test func `no refusal repeats the token`() throws {
        let text =
            #"{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","serviceAccountToken":"s3cr3t""#
        for end in ["", "}", #","image":5}"#, #","image":"A B"}"#, #"} "s3cr3t""#, #","serviceAccountAnnotations":"s3cr3t","image":"a"}"#] {
            let failure = #expect(throws: Failure.self) { try ExecRequest(parsing: Secret(text + end)) }
            #expect(failure?.description.contains("s3cr3t") == false)
        }
    }

    @Test func `a request is written as the kubelet writes it`() throws {
        let image = try ImageReference("test.registry.io/foobar:v1")
        let start = #"{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/"#
        let question = ProviderRequest(
            image: image, serviceAccountToken: Secret("tok"), serviceAccountAnnotations: ["b": "2", "a": "1"])
        #expect(
            try ExecRequest(version: .v1, question: question).write().text == start
                + #"v1","image":"test.registry.io/foobar","serviceAccountToken":"tok","serviceAccountAnnotations":{"a":"1","b":"2"}}"#
                + "\n")
        for version in [ExecVersion.v1beta1, .v1alpha1] {
            #expect(
                try ExecRequest(version: version, question: question).write().text == start
                    + "\(version.rawValue)\",\"image\":\"test.registry.io/foobar\"}\n")
        }
        let plain = ProviderRequest(image: image)
        #expect(try ExecRequest(version: .v1, question: plain).write().text == start + "v1\",\"image\":\"test.registry.io/foobar\"}\n")
    }
}

extension Secret {
    /// The text, for tests only.
    var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}
