import ArgumentParser
import Glibc
import TabardCommand
import TabardCore
import TabardSystem

/// The command for people and scripts.
@main
struct Tabard: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tabard",
        abstract: "Pulls container images with the credentials that clouds, plugins and docker configs give, and explains them.",
        discussion: """
            Example:
              tabard pull europe-west1-docker.pkg.dev/project/app:1 --dest ./image
            """,
        version: "tabard \(Release.version)",
        subcommands: [
            Pull.self, Explain.self, Providers.self, AgentCommand.self, CheckPlugin.self, DoctorCommand.self, Images.self, Remove.self,
            CollectGarbage.self,
            Verify.self,
            SecretCommand.self, WriteManifest.self, ConfigurationKeys.self, CheckOne.self,
        ])

    /// Runs the command line. ArgumentParser ends with 64 where it is wrong; every program of this house ends with 2.
    static func main() {
        ProcessHardening.occupyStandardDescriptors()
        ProcessHardening.forbidMemoryDumps()
        CrashReport.install(program: "tabard")
        TerminationSignals.leaveWriteErrorsToTheWriter()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as Failure {
            Exit.failure(failure, program: "tabard")
        } catch {
            let message = fullMessage(for: error)
            let code = exitCode(for: error)
            guard code.isSuccess else {
                StandardErrorLog.write(message)
                Exit.now(code == .validationFailure ? 2 : code.rawValue)
            }
            Exit.text(message)
        }
        Exit.now(0)
    }
}
