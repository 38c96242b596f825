import Glibc
import TabardConfig
import TabardCore
import TabardExec
@testable import TabardHost
import TabardSystem
import TabardTestSupport
import Testing

/// Providers behind the exec protocol, with shell scripts as programs.
@Suite struct ExecProviderTests {
    private static let answer =
        #"{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Registry","#
        + #""cacheDuration":"1h0m0s","auth":{"r.example":{"username":"u","password":"hunter22"}}}"#

    private struct Run {
        let fixture = HostFixture()

        func ask(
            _ script: String, status: ExecProvider.ExitStatus = .ours, seconds: Int64 = 30, token: String? = nil,
            cancellation: Cancellation = Cancellation(), log: LogSink? = nil
        ) throws -> ProviderReply {
            let path = fixture.folder.write("program", "#!/bin/sh\n\(script)\n", mode: 0o755)
            let provider = ExecProvider(
                id: "fixture", patterns: [], usesServiceAccount: true, origin: Origin(.plugin, "fixture"),
                command: ChildCommand(path: path, environment: ["PATH": "/usr/bin:/bin"]), version: .v1, exitStatus: status,
                clocks: SystemClocks(), log: log ?? fixture.services.log)
            return try fixture.ask(provider, image: "r.example/app:1", seconds: seconds, cancellation: cancellation) {
                $0.serviceAccountToken = token.map { Secret($0) }
            }
        }

        func failure(
            _ script: String, status: ExecProvider.ExitStatus = .ours, seconds: Int64 = 30, token: String? = nil,
            cancellation: Cancellation = Cancellation()
        ) -> Failure? {
            do {
                _ = try ask(script, status: status, seconds: seconds, token: token, cancellation: cancellation)
                return nil
            } catch {
                return error as? Failure
            }
        }
    }

    @Test func theAnswerIsReadAndTheQuestionIsTheKubelets() async throws {
        try await onThread {
            let run = Run()
            let reply = try run.ask(
                #"read line; case $line in *'"image":"r.example/app","serviceAccountToken":"ticket"'*) ;; *) exit 9 ;; esac; "#
                    + "echo 'careful' >&2; echo 'has hunter22 in it' >&2; printf '%s' '\(Self.answer)'", token: "ticket")
            #expect(reply.entries.map(\.username) == ["u"] && reply.entries[0].password.text == "hunter22")
            #expect(reply.scope == .registry && reply.duration == .seconds(3600))
            #expect(run.fixture.logged("fixture: careful"))
            #expect(!run.fixture.logged("hunter22") && run.fixture.logged("a line with a credential"))
        }
    }

    @Test(arguments: [(3, "", false), (4, "", true), (0, "; exit 4", true)])
    func complaintsAreToldWithItsNameAlwaysOrFromVerbosityFourOn(_ verbosity: Int, _ end: String, _ isTold: Bool) async throws {
        try await onThread {
            let lines = Monitor<[String]>([])
            let log = LogSink(verbosity: verbosity) { line in lines.withLock { $0.append(line.message) } }
            _ = try? Run().ask("echo careful >&2; printf '%s' '\(Self.answer)'\(end)", log: log)
            #expect(lines.withLock { $0 } == (isTold ? ["fixture: careful"] : []))
        }
    }

    @Test(
        arguments: [
            ("exit 3", Failure.Code.denied, "status 3"), ("exit 4", .unavailable, "status 4"), ("exit 2", .invalid, "status 2"),
            ("exit 1", .internalFault, "status 1"), ("echo 'what it says' >&2; exit 3", .denied, "status 3: what it says"),
            ("kill -SEGV $$", .unavailable, "signal 11 (SIGSEGV) ended it"), ("kill -ABRT $$", .unavailable, "SIGABRT"),
            ("echo '{}'", .badResponse, "kind"), ("true", .badResponse, "standard output"),
            ("head -c 2000000 /dev/zero", .badResponse, "more than 1 MiB"),
        ] as [(String, Failure.Code, String)])
    func endingsAreTold(_ script: String, _ code: Failure.Code, _ words: String) async throws {
        try await onThread {
            let failure = try #require(Run().failure(script))
            #expect(failure.code == code && "\(failure)".contains(words) && failure.source == "fixture", "\(failure)")
        }
    }

    @Test func statusesOfOthersMeanNothing() async throws {
        try await onThread { #expect(Run().failure("exit 3", status: .plain)?.code == .unavailable) }
    }

    @Test func aGrandchildWithTheStreamsOpenIsKilledAndNotWaitedFor() async throws {
        try await onThread {
            let run = Run()
            let reply = try run.ask("sleep 600 & echo $! > \(run.fixture.folder.path("pid")); printf '%s' '\(Self.answer)'", seconds: 300)
            #expect(reply.entries.count == 1)
            let late = try #require(Run().failure("sleep 600 & sleep 600", seconds: 1))
            #expect(late.code == .timedOut && "\(late)".contains("killed"), "\(late)")
        }
    }

    @Test func cancellationEndsIt() async throws {
        try await onThread {
            let wish = Cancellation()
            wish.cancel()
            #expect(Run().failure("sleep 600", seconds: 300, cancellation: wish)?.code == .cancelled)
        }
    }

    @Test func noDescriptorIsInherited() async throws {
        try await onThread {
            let run = Run()
            // Those that a careless host would hand on, low and high: without close-on-exec.
            let file = try FileDescriptor.open("/dev/null", flags: O_RDONLY)
            let copies = [3, 11, 700].map { fcntl(file.number, F_DUPFD, Int32($0)) }
            defer { for copy in copies { close(copy) } }
            try #require(copies.allSatisfy { $0 > 2 })
            // `0 -> pipe:[1]`: of the shell, which has its script open, too.
            let list = run.fixture.folder.path("list")
            _ = run.failure("(ls -l /proc/$$/fd > \(list)); exit 1")
            let lines = String(decoding: try FileSystem.contents(of: list, limit: 1 << 16), as: UTF8.self).split(separator: "\n")
            let open = lines.map { $0.split(separator: " ").suffix(3).map(String.init) }.filter { $0.count == 3 && $0[1] == "->" }
            #expect(Set(["0", "1", "2"]).isSubset(of: open.map { $0[0] }), "\(lines)")
            #expect(open.allSatisfy { ["0", "1", "2"].contains($0[0]) || $0[2].hasSuffix("/program") }, "\(lines)")
        }
    }

    @Test func aProviderCanBeGivenAProcessOfItsOwn() async throws {
        try await onThread {
            let fixture = HostFixture()
            let plugins = fixture.folder.path("v1")
            fixture.folder.write("v1/empty", "")
            let plugin = try FixturePlugin.compile("good", into: fixture.folder, as: "v1/good")
            // What stands in for provider-exec says what it was called with.
            fixture.folder.write("bin/provider-exec", "#!/bin/sh\necho \"$*\" depth $TABARD_DEPTH >&2\nexit 3\n", mode: 0o755)
            let file = fixture.folder.write("config.json", #"{"providers":{"fixture":{"isolation":"process","user":"me"}}}"#)
            let configuration = try TabardConfiguration.load(path: file)
            func providers(_ program: String?) throws -> PluginCatalog {
                try PluginCatalog(
                    directories: PluginDirectories([plugins], source: "test"), configuration: configuration, services: fixture.services,
                    trust: .relaxed, isolation: program.map { PluginIsolation(beside: $0) })
            }
            let provider = try #require(try providers(fixture.folder.path("lib/libtabard.so.1")).providers.first)
            do {
                _ = try fixture.ask(provider, seconds: 30)
                Issue.record("it answered")
            } catch let failure as Failure {
                #expect(failure.code == .denied && failure.source == "fixture")
                #expect(
                    failure.reason.contains("--no-agent --provider fixture --plugin-dir \(plugins) --config \(file) --timeout 2"),
                    "\(failure)")
                #expect(failure.reason.hasSuffix("depth 1"))
            }
            // In that process itself the provider runs in place.
            let inPlace = try #require(try providers(nil).providers.first)
            #expect(try fixture.ask(inPlace).entries.map(\.username) == ["me"])
            #expect(throws: Failure.self) { try providers("/nonexistent/bin/tabard") }
            _ = plugin
        }
    }
}
