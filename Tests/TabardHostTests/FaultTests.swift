import Synchronization
import TabardCore
@testable import TabardHost
import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// One C file per fault, one line in faults.json per file.
@Suite struct FaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let plugin: String, code: String, reason: String
        let advice: String?
        let httpStatus: Int64?, retryAfter: Int64?
        var testDescription: String { plugin }

        static func all(_ stage: String) throws -> [Case] {
            try Fixtures.json("plugins/faults.json").requireArray(stage).map { node in
                Case(
                    plugin: try node.requireString("plugin"), code: try node.requireString("code"),
                    reason: try node.requireString("reason"), advice: try node.optionalString("advice"),
                    httpStatus: try node.optionalInt64("httpStatus"), retryAfter: try node.optionalInt64("retryAfter"))
            }
        }
    }

    @Test(arguments: try Case.all("load"))
    func `a plugin that cannot be used is refused with the reason`(_ fault: Case) async throws {
        try await onThread {
            let host = HostFixture()
            let flags = fault.plugin == "unresolved-symbol" ? ["-Wl,-z,lazy"] : []
            let path = try FixturePlugin.compile(fault.plugin, into: host.folder, flags: flags)
            let failure = #expect(throws: Failure.self) {
                _ = try PluginLoader(trust: .relaxed, services: host.services).load(path)
            }
            #expect(failure?.code.rawValue == fault.code)
            #expect(failure?.reason.contains(fault.reason) == true, "\(failure?.reason ?? "")")
            #expect(failure?.subject == path)
        }
    }

    @Test(arguments: try Case.all("provide"))
    func `an answer that cannot be used fails with the reason`(_ fault: Case) async throws {
        try await onThread {
            // 2027-01-15T08:00:00Z, as faults.json expects it.
            let host = HostFixture(clocks: FakeClocks(unixNanoseconds: 1_800_000_000_000_000_000))
            let failure = #expect(throws: Failure.self) { _ = try host.ask(fault.plugin) }
            #expect(failure?.code.rawValue == fault.code)
            #expect(failure?.reason.contains(fault.reason) == true, "\(failure?.reason ?? "")")
            #expect(failure?.source == "fixture")
            #expect(failure?.subject == "a.fixture.test/app")
            if let advice = fault.advice { #expect(failure?.advice == advice) }
            #expect(failure?.httpStatus.map(Int64.init) == fault.httpStatus)
            #expect(failure?.retryAfter == fault.retryAfter.map { .seconds($0) })
        }
    }

    @Test func `every fixture is listed or has a test of its own`() throws {
        let checked = try Fixtures.json("plugins/faults.json").requireArray("check").map { try $0.requireString("plugin") }
        let listed = try ((Case.all("load") + Case.all("provide")).map(\.plugin) + checked).map { "\($0).c" }
        let own = [
            "any.c", "cache-twice.c", "counts.c", "crashes.c", "from-the-future.c", "runs-program.c", "echo-settings.c",
            "emits-after-return.c",
            "emits-twice.c", "good.c", "ignores-deadline.c",
            "positive-status.c", "prints.c", "waits.c",
        ]
        #expect(Set(listed + own) == Set(try Fixtures.names(in: "plugins").filter { $0.hasSuffix(".c") }))
    }

    @Test func `what was emitted before a refusal stays, a second set_cache does not count`() async throws {
        try await onThread {
            let host = HostFixture()
            let twice = try host.ask("emits-twice")
            #expect(twice.entries.map(\.username) == ["a"])
            #expect(host.logged("the registry a.fixture.test was emitted twice"))
            let cache = try host.ask("cache-twice")
            #expect(cache.duration == .zero && cache.scope == .registry)
            #expect(host.logged("set_cache was called twice"))
        }
    }

    @Test func `a status from the future is success when it is positive`() async throws {
        try await onThread {
            let reply = try HostFixture().ask("positive-status")
            #expect(reply.entries.map(\.password.text) == ["secret"])
        }
    }

    @Test func `a call is refused after it has returned`() async throws {
        try await onThread {
            let host = HostFixture()
            let provider = try host.provider("emits-after-return")
            #expect(try host.ask(provider).entries.isEmpty)
            #expect(try host.ask(provider).entries.map(\.username) == ["now"])
            #expect(host.logged("after that call had returned; refused"))
        }
    }

    @Test(arguments: [
        ("hello.so", "just text, long enough for a header", "is not an ELF shared object"), ("empty.so", "", "is not an ELF shared object"),
        ("half.so", "\u{7F}ELF", "is not an ELF shared object"),
        ("narrow.so", "\u{7F}ELF\u{1}\u{1}\u{1}000000000\u{3}\u{0}\u{3}\u{0}", "is not a 64-bit little-endian ELF shared object"),
        ("program.so", "\u{7F}ELF\u{2}\u{1}\u{1}000000000\u{2}\u{0}>\u{0}", "is an ELF executable, not a shared object"),
        ("object.so", "\u{7F}ELF\u{2}\u{1}\u{1}000000000\u{1}\u{0}>\u{0}", "is an ELF relocatable object, not a shared object"),
        ("other.so", "\u{7F}ELF\u{2}\u{1}\u{1}000000000\u{3}\u{0}\u{16}\u{0}", "is an ELF shared object for machine 22, this machine is"),
    ])
    func `a file that is no shared object is named as what it is`(_ name: String, _ content: String, _ reason: String) throws {
        let host = HostFixture()
        let path = host.folder.write(name, content)
        let failure = #expect(throws: Failure.self) { _ = try PluginLoader(trust: .relaxed, services: host.services).load(path) }
        #expect(failure?.reason.hasPrefix(reason) == true, "\(failure?.reason ?? "")")
    }

    @Test func `a missing file and a folder are named`() throws {
        let host = HostFixture()
        let loader = PluginLoader(trust: .relaxed, services: host.services)
        #expect(throws: Failure.self) { try loader.load(host.folder.path("none.so")) }
        let failure = #expect(throws: Failure.self) { _ = try loader.load(host.folder.path) }
        #expect(failure?.reason == "is not a regular file")
    }
}
