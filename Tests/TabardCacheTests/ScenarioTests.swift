import TabardTestSupport
import Testing

/// What the table of slots decides, as fixtures tell it.
@Suite struct ScenarioTests {
    @Test(arguments: try Scenario.all) func `the table decides as the story says`(_ scenario: Scenario) throws {
        let problems = try scenario.play()
        #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
    }

    @Test func `a story that is told wrong is found out`() throws {
        #expect(try Scenario("wrong.txt").play().count == 5)
    }
}
