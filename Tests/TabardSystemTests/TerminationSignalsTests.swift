import Glibc
import Testing

@testable import TabardSystem

@Suite struct TerminationSignalsTests {
    @Test func `a signal that nohup made us ignore is not waited for`() {
        let before = signal(SIGHUP, SIG_IGN)
        defer { signal(SIGHUP, before) }
        #expect(TerminationSignals.awaited == [SIGINT, SIGTERM])
    }
}
