import TabardConfig
import TabardCore
@testable import TabardHost
import TabardSystem
import TabardTestSupport
import Testing

/// Plugins and hosts of different minor versions, and the extensions.
@Suite struct VersionTests {
    @Test func `a plugin compiled from the frozen header of 1·0 runs in this host`() async throws {
        try await onThread {
            let host = HostFixture()
            let frozen = Fixtures.path("abi/1.0")
            // Before the present header in the search path: fixture.h includes whichever comes first.
            let path = try FixturePlugin.compile("good", into: host.folder, flags: ["-I\(frozen)"], before: true)
            let file = PluginFile(path: path, manifest: nil, loader: PluginLoader(trust: .relaxed, services: host.services))
            let manifest = try file.handle().description
            #expect(manifest.abiMinor == 0 && manifest.providers == FixturePlugin.manifest.providers)
            let provider = try PluginProvider(
                manifest: manifest.providers[0], file: file, configuration: nil, isChosen: true, services: host.services)
            #expect(try host.ask(provider).entries.map(\.username) == ["user"])
        }
    }

    @Test func `a plugin of a later minor version runs in this host`() async throws {
        try await onThread {
            let host = HostFixture()
            let reply = try host.ask("from-the-future")
            #expect(reply.entries.map(\.username) == ["later"] && reply.scope == .image && reply.duration == .seconds(3600))
            // Numbers that nobody has defined: debug lines, text settings, the narrowest scope, success.
            #expect(host.lines.contains { $0.message.hasSuffix("a level of later") })
        }
    }

    @Test(arguments: [
        ("cat; echo $FIXTURE >&2; exit 7", "in", "exit 7", "in"), ("kill -9 $$", "", "exit -9", nil),
        ("printf \"$FIXTURE\"", "", "exit 0", "from the request"),
    ])
    func `a program runs for a plugin`(_ script: String, _ input: String, _ user: String, _ output: String?) async throws {
        try await onThread {
            let host = HostFixture()
            var sets = ["user=\(script)", "gate=/bin/sh"]
            if !input.isEmpty { sets.append("password=\(input)") }
            let settings = try configuration(sets)
            guard let output else {
                // An empty password is refused: the program wrote none.
                #expect(throws: Failure.self) { _ = try host.ask("runs-program", configuration: settings) }
                return
            }
            let reply = try host.ask("runs-program", configuration: settings)
            #expect(reply.entries.map(\.username) == [user] && reply.entries.first?.password.text == output)
        }
    }

    @Test(arguments: [
        ("/nonexistent/program", "true", "not-found"), ("relative", "true", "invalid"),
        ("/bin/sh", "while :; do echo much too much output for the limit; done", "too-large"),
    ])
    func `a program that cannot be used is a failure`(_ path: String, _ script: String, _ code: String) async throws {
        try await onThread {
            let host = HostFixture()
            host.folder.write("open.sh", "#!/bin/sh\n", mode: 0o777)
            // The fixture's setting is checked as a path, which "relative" is not: then the host refuses it before the plugin does.
            let failure = #expect(throws: Failure.self) {
                _ = try host.ask("runs-program", configuration: try configuration(["user=\(script)", "gate=\(path)"]))
            }
            #expect(failure?.code.rawValue == code, "\(failure?.description ?? "")")
        }
    }

    private func configuration(_ sets: [String]) throws -> ProviderConfiguration? {
        try TabardConfiguration.empty.overriding(sets.map { "fixture.\($0)" }).providers["fixture"]
    }
}
