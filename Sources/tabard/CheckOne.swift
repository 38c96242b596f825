import ArgumentParser
import TabardCommand
import TabardConformance

/// The process of one check, which `tabard check` starts.
struct CheckOne: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-one", abstract: "Makes one check in this process.", shouldDisplay: false)

    @Argument var check: String
    @Argument var plugin: String
    @Option var folder: String
    @OptionGroup var arguments: CheckArguments

    func run() throws {
        guard let check = Check(rawValue: check) else { throw ValidationError("There is no check \(check).") }
        try CheckProcess.run(check, of: plugin, options: try arguments.options, folder: folder)
        Exit.now(0)
    }
}
