import CTabard
public import TabardCore
public import TabardSystem

/// Certifies a plugin: each check in a process of its own.
public struct Conformance: Sendable {
    private let plugin: String
    private let options: ConformanceOptions
    private let command: @Sendable (Check, _ plugin: String, _ folder: String) -> ChildCommand

    /// - Parameters:
    ///   - plugin: The file.
    ///   - command: How a process is started that calls `CheckProcess.run`.
    public init(
        plugin: String, options: ConformanceOptions,
        command: @escaping @Sendable (Check, _ plugin: String, _ folder: String) -> ChildCommand
    ) {
        self.plugin = plugin
        self.options = options
        self.command = command
    }

    /// Makes the checks, one after the other.
    ///
    /// - Parameter onResult: Told of each result as soon as it is there.
    /// - Throws: When there is no such file, or this machine cannot run checks.
    public func run(onResult: (CheckResult) -> Void = { _ in }) throws(Failure) -> ConformanceReport {
        let path: String
        do throws(SystemError) {
            path = try FileSystem.resolvedPath(plugin)
        } catch {
            throw Failure(
                .invalid, attempting: "checking a plugin", on: plugin, reason: error.meaning, advice: "name the plugin's .so file")
        }
        let folder = try ScratchFolder()
        defer { folder.remove() }
        var results: [CheckResult] = []
        // Without a description that hosts can read nothing else can be asked.
        var obstacle: String?
        let described = options.checks.contains(.description) ? [] : [try result(of: .description, path, folder.path)]
        if let first = described.first, !first.passed { obstacle = first.detail }
        for check in options.checks {
            let result =
                if check.needsDescription, let obstacle {
                    CheckResult(check, passed: false, "not run, because hosts cannot use the plugin: \(obstacle)")
                } else {
                    try result(of: check, path, folder.path)
                }
            if check == .description, !result.passed { obstacle = result.detail }
            onResult(result)
            results.append(result)
        }
        return ConformanceReport(plugin: plugin, results: results)
    }

    /// Reads what a plugin exports.
    static func exports(_ path: String) throws(Complaint) -> String {
        let symbols = try SharedObjectSymbols(path: path)
        guard symbols.exported.contains(TABARD_ENTRY_SYMBOL) else { throw Complaint("it does not export \(TABARD_ENTRY_SYMBOL)") }
        let others = symbols.exported.filter { $0 != TABARD_ENTRY_SYMBOL }
        guard others.isEmpty else {
            let shown = others.prefix(5).joined(separator: ", ")
            throw Complaint(
                "it also exports \(others.count) other symbols (\(shown)\(others.count > 5 ? ", …" : "")): "
                    + "link it with a version script that names \(TABARD_ENTRY_SYMBOL) alone")
        }
        return ""
    }

    private func result(of check: Check, _ path: String, _ folder: String) throws(Failure) -> CheckResult {
        var output = SecretBuffer(capacity: 4096)
        let ending: ChildEnding
        let errors: [UInt8]
        do throws(SystemError) {
            let child = try ChildProcess(command(check, path, folder))
            let deadline = SystemClocks().monotonicNanoseconds + check.limit
            // Something to read, so that a plugin which does is found out.
            (ending, errors) = try Secret("untouched\n").withBytes { (input) throws(SystemError) in
                try child.exchange(input: input, until: deadline, outputLimit: 1 << 20) { output.append($0) }
            }
        } catch {
            throw Failure(.local, attempting: "starting a check", on: error.subject, reason: error.meaning)
        }
        let lines = output.withBytes { String(decoding: $0, as: UTF8.self) }.split(separator: "\n")
        let last = lines.last { !$0.hasPrefix("at ") }
        if let last, last.hasPrefix("pass") { return CheckResult(check, passed: true, String(last.dropFirst(5))) }
        if let last { return CheckResult(check, passed: false, String(last.dropFirst(5))) }
        let place = lines.last { $0.hasPrefix("at ") }.map { " in \($0.dropFirst(3))" } ?? ""
        let said = String(decoding: errors, as: UTF8.self).split(separator: "\n").last.map { "; the last it said: \($0.prefix(300))" } ?? ""
        let reason =
            switch ending {
            case .signalled(let number): "it crashed\(place): \(SignalName.of(number))\(said)"
            case .exited(let status): "it ended the process\(place) with status \(status)\(said)"
            case .timedOut: "it did not come back\(place) within \(check.limit / 1_000_000_000) s"
            default: "the process of the check ended\(place)"
            }
        return CheckResult(check, passed: false, reason)
    }
}
