import TabardCommand
import TabardCore
import TabardSystem

// Answers one question of a kubelet and ends: see ProviderExec.
ProcessHardening.occupyStandardDescriptors()
ProcessHardening.forbidMemoryDumps()
ProcessHeap.shareAmongThreads()
CrashReport.install(program: "provider-exec")
do throws(Failure) {
    try ProviderExec(arguments: CommandLine.arguments).run()
} catch {
    Exit.failure(error, program: "provider-exec")
}
