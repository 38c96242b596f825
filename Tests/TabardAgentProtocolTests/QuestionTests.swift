import TabardCore
import TabardJSON
import TabardTestSupport
import Testing

@testable import TabardAgentProtocol

@Suite struct QuestionTests {
    static func cases() throws -> [JSONNode] { try Fixtures.json("agent/questions.json").elements }

    @Test(arguments: try cases()) func `a question is read or refused as the fixture says`(_ test: JSONNode) throws {
        let name = try test.requireString("name")
        let body = Secret(try test.requireString("body"))
        guard let says = try test.optional("says")?.asStrings() else {
            let question = try AgentQuestion(parsing: body)
            #expect(try question.write().text == body.text, "\(name)")
            return
        }
        let failure = #expect(throws: Failure.self, "\(name)") { try AgentQuestion(parsing: body) }
        #expect(failure?.code == .invalid, "\(name)")
        for part in says { #expect(failure?.description.contains(part) == true, "\(name): \(String(describing: failure))") }
    }

    @Test func `what a question holds arrives`() throws {
        var request = ProviderRequest(image: try ImageReference("r.example:5000/team/app:1"))
        request.serviceAccountToken = Secret("a\"token\\with\u{1}everything é")
        request.serviceAccountAnnotations = ["b": "2", "a": ""]
        var question = AgentQuestion(.reply, request, setup: "digest", patience: .milliseconds(1500))
        question.providers = ["p", "o"]
        question.refused = ["mark"]
        let read = try AgentQuestion(parsing: try question.write())
        #expect(read.form == .reply && read.setup == "digest" && read.patience == .milliseconds(1500))
        #expect(read.request.image.description == "r.example:5000/team/app:1")
        #expect(read.request.serviceAccountToken?.text == request.serviceAccountToken?.text)
        #expect(read.request.serviceAccountAnnotations == request.serviceAccountAnnotations)
        #expect(read.providers == question.providers && read.refused == question.refused)
    }

    @Test func `a mark tells logins apart and shows nothing of them`() {
        func entry(_ user: String, _ password: String, _ kind: AuthEntry.Kind = .basic) -> AuthEntry {
            AuthEntry(pattern: "r.example", kind: kind, username: user, password: Secret(password), origin: Origin(.plugin, "x"))
        }
        let entries = [
            entry("user", "password"), entry("use", "rpassword"), entry("user", "passwore"), entry("user", "password", .registryToken),
        ]
        let marks = entries.map(AgentQuestion.mark)
        #expect(Set(marks).count == 4)
        #expect(AgentQuestion.mark(of: entry("user", "password")) == marks[0])
        #expect(marks.allSatisfy { $0.utf8.count == 64 })
    }
}
