import TabardCommand
import TabardSystem

// Answers one question of a docker client and ends: see CredentialHelper.
ProcessHardening.occupyStandardDescriptors()
ProcessHardening.forbidMemoryDumps()
ProcessHeap.shareAmongThreads()
CrashReport.install(program: "docker-credential-tabard")
do throws(SystemError) {
    let helper = try CredentialHelper()
    Exit.now(helper.run(arguments: Array(CommandLine.arguments.dropFirst())))
} catch {
    StandardErrorLog.write("docker-credential-tabard: preparing standard output: \(error)")
    Exit.now(1)
}
