import TabardCommand
import TabardCore
import Testing

@Suite struct ArgumentReaderTests {
    private static let known: [ArgumentReader.Option] = CommonOptions.known + [.flag("--help"), .value("--provider")]

    @Test(arguments: [
        (["--config", "a b"], [ArgumentReader.Argument.option("--config", "a b")]),
        (["--config=x=y"], [.option("--config", "x=y")]),
        (["--config="], [.option("--config", "")]),
        (["-v4"], [.option("-v", "4")]), (["-v", "4"], [.option("-v", "4")]), (["-v=4"], [.option("-v", "4")]),
        (["--v=4"], [.option("-v", "4")]), (["--v", "4"], [.option("-v", "4")]),
        (["--help", "get"], [.option("--help", ""), .operand("get")]),
        (["--", "--help", "-"], [.operand("--help"), .operand("-")]),
        (["-"], [.operand("-")]), ([""], [.operand("")]),
    ])
    func `every spelling is read`(_ arguments: [String], _ expected: [ArgumentReader.Argument]) throws {
        #expect(try ArgumentReader.read(arguments, knowing: Self.known) == expected)
    }

    @Test(arguments: [
        (["--confg", "x"], "there is no option --confg; did you mean --config?"), (["--config"], "--config needs a value"),
        (["--help=yes"], "--help takes no value"), (["-x"], "there is no option -x"),
    ])
    func `a mistake is named`(_ arguments: [String], _ expected: String) {
        let failure = #expect(throws: Failure.self) { try ArgumentReader.read(arguments, knowing: Self.known) }
        #expect(failure?.exitCode == 2)
        #expect(failure?.description.contains(expected) == true, "\(String(describing: failure))")
    }

    @Test(arguments: ["x", "-1", "11", "4.5", ""])
    func `a verbosity is a small number`(_ text: String) {
        #expect(throws: Failure.self) { try CommonOptions.verbosity(text) }
    }
}
