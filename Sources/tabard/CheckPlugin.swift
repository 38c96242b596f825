import ArgumentParser
import TabardCommand
import TabardConformance
import TabardCore
import TabardSystem

/// `tabard check PLUGIN.so`: whether a plugin keeps the promises of tabard.h.
struct CheckPlugin: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Certifies a plugin: one line for each promise of tabard.h, and whether it is kept.",
        discussion: """
            Each check loads the plugin into a process of its own, where a crash or a hang fails that check alone. No network is used:
            the plugin's HTTP, child processes and clocks are made up. Settings are made up too, from the kinds that the plugin describes,
            unless --set gives some.

            Example:
              tabard check ./libtabard-token-service.so

            Exit codes: 0 all passed, 1 some did not, 2 wrong command line or no such file.
            """)

    @Argument(help: "The plugin.")
    var plugin: String

    @Flag(help: "One JSON object instead of lines.")
    var json = false

    @OptionGroup var arguments: CheckArguments

    func run() throws {
        let program = FileSystem.executablePath ?? "/proc/self/exe"
        let options = try arguments.options
        let passed = arguments.rest
        let conformance = Conformance(plugin: plugin, options: options) { check, plugin, folder in
            // The plugin sees nothing of this machine that could make its answers differ.
            ChildCommand(
                path: program, arguments: ["check-one", check.rawValue, plugin, "--folder", folder] + passed,
                environment: ["PATH": "/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8", "SWIFT_BACKTRACE": "enable=no"])
        }
        let report = try conformance.run()
        StandardOutput.line(json ? report.json : report.text)
        Exit.now(report.passed ? 0 : 1)
    }
}

/// What `check` hands on to the process of each check.
struct CheckArguments: ParsableArguments {
    @Option(name: .customLong("set"), help: "A setting of a provider, ID.KEY=VALUE (repeatable).")
    var sets: [String] = []

    @Option(help: "The image to ask about, instead of those made up from the plugin's patterns.")
    var image: String?

    @Option(
        name: .customLong("only"), help: "Make this check only (repeatable): \(Check.allCases.map(\.rawValue).joined(separator: ", ")).")
    var only: [String] = []

    /// The same for the library.
    var options: ConformanceOptions {
        get throws {
            var options = ConformanceOptions()
            options.sets = sets
            options.image = image
            if let image { _ = try ImageReference(image) }
            for name in only where Check(rawValue: name) == nil {
                let nearest = NearestName.to(name, among: Check.allCases.map(\.rawValue))
                throw ValidationError("There is no check \(name)." + (nearest.map { " Did you mean \($0)?" } ?? ""))
            }
            if !only.isEmpty { options.checks = Check.allCases.filter { only.contains($0.rawValue) } }
            return options
        }
    }

    /// The same as words of a command line, without `--only`.
    var rest: [String] { sets.flatMap { ["--set", $0] } + (image.map { ["--image", $0] } ?? []) }
}
