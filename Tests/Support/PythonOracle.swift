/// A Python script of Tests/Oracles that answers one line for each line it is given: an independent opinion to compare with.
public struct PythonOracle: Sendable {
    /// Why there is no answer.
    public struct OracleError: Error, CustomStringConvertible {
        /// What happened.
        public let description: String
    }

    private let script: String

    /// Names a script in Tests/Oracles.
    public init(_ name: String) { script = "\(Repository.root)/Tests/Oracles/\(name)" }

    /// Runs the script once over all lines.
    public func answers(to lines: [String]) throws -> [String] {
        let result = try Tool.run(
            Repository.python, [script], input: Array(lines.map { $0 + "\n" }.joined().utf8), environment: ["PYTHONDONTWRITEBYTECODE": "1"],
            within: .seconds(120))
        guard result.status == 0 else {
            throw OracleError(description: "\(script): \(result.ending), \(result.errors.suffix(2000)); has scripts/setup test run?")
        }
        let answers = result.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        guard answers.count == lines.count else {
            throw OracleError(description: "\(script) gave \(answers.count) answers to \(lines.count) questions")
        }
        return answers.map(String.init)
    }
}
