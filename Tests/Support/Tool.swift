import TabardSystem

/// Runs programs for tests: with exactly the given environment, and never longer than a deadline.
public enum Tool {
    /// What every program of a test sees beside its own variables: a PATH, and the wish not to meet the machine's own cloud.
    public static let environment: [String: String] = {
        var variables = [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TABARD_FORBID_LINK_LOCAL": "1",
            "SWIFT_BACKTRACE": "enable=no", "AWS_EC2_METADATA_DISABLED": "true", "GCE_METADATA_HOST": "127.0.0.1:9",
            "LC_ALL": "C.UTF-8",
        ]
        // Set by scripts/test when the checkout lies where others can write.
        variables["TABARD_PLUGIN_RELAXED"] = Environment.nonEmptyValue("TABARD_PLUGIN_RELAXED")
        return variables
    }()

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - path: A path, or a name to find in PATH.
    ///   - environment: Added to `Tool.environment`; an empty value takes a variable away.
    public static func run(
        _ path: String, _ arguments: [String] = [], input: some Collection<UInt8> = [], environment: [String: String] = [:],
        within limit: Duration = .seconds(60)
    ) throws -> ToolResult {
        let variables = Self.environment.merging(environment) { $1 }.filter { !$0.value.isEmpty }
        let found = path.contains("/") ? path : ChildCommand.find(path, in: variables["PATH"] ?? "") ?? path
        let clocks = SystemClocks()
        let start = clocks.monotonicNanoseconds
        let child = try ChildProcess(ChildCommand(path: found, arguments: arguments, environment: variables))
        var output: [UInt8] = []
        let (ending, errors) = try Array(input).withUnsafeBytes { bytes in
            try child.exchange(
                input: bytes, until: start + limit.components.seconds * 1_000_000_000, outputLimit: 64 << 20, errorLimit: 1 << 20
            ) { output += $0 }
        }
        let result = ToolResult(
            ending: ending, output: String(decoding: output, as: UTF8.self), errors: String(decoding: errors, as: UTF8.self),
            duration: .nanoseconds(clocks.monotonicNanoseconds - start))
        if found.hasPrefix("\(StagedTools.folder)/") {
            // These answer with secrets, on standard output alone.
            let isAnswer = result.status == 0 && (!found.hasSuffix("/tabard") || arguments.first == "secret")
            let findings = SuiteSecrets.findings(in: (isAnswer ? "" : result.output + "\n") + result.errors)
            guard findings.isEmpty else { throw ShownSecret(program: found, forms: findings) }
        }
        return result
    }

    /// A program of ours shows a secret. Which one is not told.
    public struct ShownSecret: Error {
        /// Which program.
        public let program: String
        /// How it is written.
        public let forms: [String]
    }
}
