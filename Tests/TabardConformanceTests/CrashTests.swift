import TabardSystem
import TabardTestSupport
import Testing

/// A plugin that crashes takes its process down, but not without its name being said.
@Suite struct CrashTests {
    #if arch(x86_64)
        private static let signals: [(String, String, Int32)] = [("division", "SIGFPE", 8), ("breakpoint", "SIGTRAP", 5)]
    #else
        private static let signals: [(String, String, Int32)] = []
    #endif

    @Test(
        arguments: [
            ("", "SIGSEGV", Int32(11)), ("stack", "SIGSEGV", 11), ("bus", "SIGBUS", 7), ("abort", "SIGABRT", 6), ("trap", "SIGILL", 4),
            ("matches", "SIGSEGV", 11), ("thread", "SIGSEGV", 11),
        ] + signals)
    func `the plugin that crashed is named, and the signal stays`(_ how: String, _ name: String, _ number: Int32) throws {
        let folder = TemporaryFolder()
        _ = try ConformanceTests.compile("crashes", into: folder)
        let question =
            #"{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"a.fixture.test/app"}"#
        var arguments = ["--plugin-dir", folder.path, "--provider", "fixture"]
        if !how.isEmpty { arguments += ["--set", "fixture.user=\(how)"] }
        let child = try ChildProcess(
            ChildCommand(
                path: try ConformanceTests.program("provider-exec"), arguments: arguments,
                environment: ["TABARD_PLUGIN_RELAXED": "1", "SWIFT_BACKTRACE": "enable=no"]))
        var output: [UInt8] = []
        let (ending, errors) = try Array(question.utf8).withUnsafeBytes { input in
            try child.exchange(input: input, until: SystemClocks().monotonicNanoseconds + 60_000_000_000, outputLimit: 65536) {
                output += $0
            }
        }
        let said = String(decoding: errors, as: UTF8.self)
        #expect(ending == .signalled(number) && output.isEmpty, "\(said)")
        let place =
            how == "thread"
            ? "code of \(folder.path("crashes.so"))" : "the plugin crashes.so, in \(how == "matches" ? how : "provide")() of fixture,"
        #expect(said.contains("provider-exec: \(place) crashed with \(name)"), "\(said)")
    }
}
