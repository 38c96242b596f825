import TabardConfig
import TabardCore
@testable import TabardHost
import TabardSystem
import TabardTestSupport
import Testing

/// What the example in C does with a program that asks to be run again.
@Suite struct ExampleTests {
    /// The machine's clocks, whose monotonic one is ahead.
    private struct ShiftedClocks: Clocks {
        let ahead: @Sendable () -> Int64
        var monotonicNanoseconds: Int64 { SystemClocks().monotonicNanoseconds + ahead() }
        var bootNanoseconds: Int64 { SystemClocks().bootNanoseconds }
        var unixNanoseconds: Int64 { SystemClocks().unixNanoseconds }
    }

    private static let second: Int64 = 1_000_000_000

    /// Asks the example within ten minutes; its program does `script`, and has to be run `runs` times.
    private func ask(_ script: String, runs: Int, ahead: @escaping @Sendable (_ ran: Bool) -> Int64) throws -> ProviderReply {
        let folder = TemporaryFolder()
        let journal = folder.path("runs")
        let host = HostFixture(clocks: ShiftedClocks { ahead(FileSystem.linkCount(of: journal) != nil) })
        let path = try FixturePlugin.compile("../../../examples/c-plugin/program_password", into: host.folder, as: "example")
        let program = folder.write("program", "#!/bin/sh\necho run >> \(journal)\n\(script)\n", mode: 0o755)
        let file = PluginFile(path: path, manifest: nil, loader: PluginLoader(trust: .relaxed, services: host.services))
        let provider = try PluginProvider(
            manifest: try file.handle().description.providers[0], file: file,
            configuration: try HostFixture.configured("program=\(program)", "matchImages=r.test", id: "example-program"), isChosen: true,
            services: host.services)
        defer { #expect((try? FileSystem.contents(of: journal, limit: 4096).count) == 4 * runs) }
        return try host.ask(provider, image: "r.test/app", seconds: 600)
    }

    /// Clocks that are two seconds further with each look: who waits for one finds it gone.
    private func hurried() -> @Sendable (Bool) -> Int64 {
        let looks = Guarded<Int64>(0)
        return { _ in
            looks.withLock { looks in
                looks += 1
                return looks * 2 * Self.second
            }
        }
    }

    @Test func `the example waits and asks once more`() async throws {
        try await onThread {
            let reply = try ask("[ $(wc -l < ${0%/*}/runs) = 2 ] || exit 75; echo password-of-$1", runs: 2, ahead: hurried())
            #expect(reply.entries.map(\.username) == ["token"] && reply.entries.first?.password.text == "password-of-r.test")
            #expect(reply.duration == .seconds(600) && reply.scope == .registry)
        }
    }

    @Test func `the example gives up after the second time`() async throws {
        try await onThread {
            let failure = #expect(throws: Failure.self) { _ = try ask("exit 75", runs: 2, ahead: hurried()) }
            #expect(failure?.code == .denied, "\(failure?.description ?? "")")
        }
    }

    @Test func `the example asks the host to wait, which knows when that is too long`() async throws {
        try await onThread {
            // Half a second before the deadline of the plugin once the program has run.
            let failure = #expect(throws: Failure.self) {
                _ = try ask("exit 75", runs: 1) { ran in ran ? 599 * Self.second + Self.second / 4 : 0 }
            }
            #expect(failure?.code == .timedOut && failure?.reason.contains("the time ended first") == true, "\(failure?.description ?? "")")
        }
    }
}
