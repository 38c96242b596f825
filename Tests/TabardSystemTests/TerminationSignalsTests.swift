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

    @Test func `a signal that comes with the first one is no second thought`() {
        #expect(!TerminationSignals.isImpatience(1_000_000_000, after: 1_000_000_000))
        #expect(!TerminationSignals.isImpatience(1_249_999_999, after: 1_000_000_000))
        #expect(TerminationSignals.isImpatience(1_250_000_000, after: 1_000_000_000))
    }
}
