import Glibc
import Testing

@testable import TabardSystem

@Suite struct TerminationSignalsTests {
    @Test func `a signal that nohup made us ignore is not waited for`() {
        // A shell that put the tests in the background ignores SIGINT for them: all three are set here.
        let before = [signal(SIGHUP, SIG_IGN), signal(SIGINT, SIG_DFL), signal(SIGTERM, SIG_DFL)]
        defer { for (number, action) in zip([SIGHUP, SIGINT, SIGTERM], before) { signal(number, action) } }
        #expect(TerminationSignals.awaited == [SIGINT, SIGTERM])
    }
}
