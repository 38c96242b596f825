import Glibc
import TabardAgentProtocol
import TabardCore
import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// Two hundred clients at once, while providers are slow, fail and crash, exec plugins as well as a plugin with `isolation: process`, and the
/// settings change every second: no wrong answer, none lost.
///
/// Two seconds long the clients make pauses as clients do, two seconds long they make none, and so on. Each warm answer is timed beside an
/// exchange of the same client with an echo in C: as many of both, at the same time. TABARD_LOAD_SECONDS says for how long (`make soak`: ten
/// minutes).
@Suite(.serialized) struct AgentLoadTests {
    /// An exec plugin that answers with a password made of the image's name.
    private static let script = """
        #!/bin/sh
        name=$(basename "$0")
        image=$(sed 's/.*"image":"\\([^"]*\\)".*/\\1/')
        case $name in
        slow) sleep 0.3 ;;
        failing) echo "the cloud is down" >&2; exit 1 ;;
        crashing) kill -SEGV $$ ;;
        esac
        printf '{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Image","cacheDuration":"%s",' "$KEEP"
        printf '"auth":{"%s.load.test":{"username":"user","password":"password of %s"}}}\\n' "$name" "$image"
        """
    /// The exec plugins; their answers go whenever the settings tell them something new.
    private static let programs = ["good", "slow", "failing", "crashing"]
    /// A provider whose answers stay, one in a process of its own that crashes now and then, and the exec plugins.
    private static let kinds = ["warm", "isolated"] + programs
    private static let clientCount = 200
    /// How long clients make pauses, and how long they make none.
    private static let phase: Int64 = 2_000_000_000

    /// What came of the questions for one provider.
    private struct Outcomes: Sendable {
        var answered = 0
        var failed = 0
    }

    private final class Tally: Sendable {
        let wrong = Guarded<[String]>([])
        let outcomes = Guarded<[String: Outcomes]>([:])
        let calm = Guarded(Times())
        let crowded = Guarded(Times())
    }

    /// How long warm answers and echoes took, in nanoseconds.
    private struct Times: Sendable {
        var answers: [Int64] = []
        var echoes: [Int64] = []
    }

    private static func setUp(_ folder: TemporaryFolder, round: Int) {
        // Every second reading tells the exec plugins something new; every other one changes nothing that counts.
        folder.write(
            "config.json.new",
            """
            {"execProviders": "\(folder.path("exec.json"))", "execProviderBinDir": "\(folder.path("bin"))", \
            "execProviderTimeout": "\(round % 4 < 2 ? 50 : 55)s", "insecureRegistries": ["r\(round).test"], \
            "providers": {"isolated": {"isolation": "process"}}}
            """)
        rename(folder.path("config.json.new"), folder.path("config.json"))
    }

    private static func compile(_ folder: TemporaryFolder, _ id: String, _ flags: [String]) throws {
        let output = folder.path("plugins/libtabard-\(id).so")
        let made = try Tool.run(
            "cc",
            [
                "-std=c11", "-D_GNU_SOURCE", "-fPIC", "-shared", "-I", "\(Repository.root)/Sources/CTabard/include", "-I",
                Fixtures.path("plugins"), "-DID=\"\(id)\"",
                "-DPATTERN=\"\(id).load.test\"", "-o", output, Fixtures.path("agent/tells-image.c"),
            ] + flags)
        try #require(made.status == 0, "\(made)")
        let manifest = try Tool.run(StagedTools.path("tabard"), ["manifest", output], environment: ["TABARD_PLUGIN_RELAXED": "1"])
        try #require(manifest.status == 0, "\(manifest)")
        folder.write("plugins/libtabard-\(id).json", manifest.output)
    }

    private static func write(_ folder: TemporaryFolder) throws {
        folder.write("plugins/.keep", "")
        try compile(folder, "warm", ["-DSECONDS=3600", "-DFLAGS=TABARD_PROVIDER_CONCURRENT"])
        try compile(folder, "isolated", ["-DSECONDS=1", "-DCRASHES"])
        let providers = programs.map { kind in
            """
            {"name": "\(kind)", "apiVersion": "credentialprovider.kubelet.k8s.io/v1", "matchImages": ["\(kind).load.test"], \
            "defaultCacheDuration": "1m", "env": [{"name": "KEEP", "value": "\(kind == "good" ? "1h" : "1s")"}]}
            """
        }
        folder.write(
            "exec.json",
            #"{"kind": "CredentialProviderConfig", "apiVersion": "kubelet.config.k8s.io/v1", "providers": [\#(providers.joined(separator: ","))]}"#
        )
        for kind in programs { folder.write("bin/\(kind)", script, mode: 0o755) }
        setUp(folder, round: 0)
    }

    /// Takes down what came of a question.
    private static func check(_ outcome: AgentClient.Outcome, _ kind: String, _ name: String, _ tally: Tally) {
        func complain(_ what: String) { tally.wrong.withLock { $0.append("\(name): \(what)") } }
        switch outcome {
        case .answered(.entries(let reply)):
            let passwords = reply.entries.map { $0.password.withBytes { String(decoding: $0, as: UTF8.self) } }
            tally.outcomes.withLock { $0[kind, default: Outcomes()].answered += 1 }
            if passwords != ["password of \(name)"] || kind == "failing" || kind == "crashing" { complain("\(passwords)") }
        case .answered(.failure(let failure)):
            tally.outcomes.withLock { $0[kind, default: Outcomes()].failed += 1 }
            if ["warm", "good", "slow"].contains(kind) || failure.source != kind { complain("\(failure)") }
        case .answered(let other): complain("\(other)")
        case .alone(let reason, _): complain("alone: \(reason)")
        }
    }

    private static func question(_ name: String, setup: String) throws -> AgentQuestion {
        AgentQuestion(.logins, ProviderRequest(image: try ImageReference(name)), setup: setup, patience: .seconds(44))
    }

    /// One question as clients put it.
    private static func ask(_ client: AgentClient, _ setup: String, _ kind: String, _ number: Int, _ tally: Tally) throws {
        let name = "\(kind).load.test/app\(number)"
        let until = SystemClocks().monotonicNanoseconds + 45_000_000_000
        check(try client.ask(try question(name, setup: setup), until: until), kind, name, tally)
    }

    /// One question for what the agent has, and as many bytes for the echo: the time from before connect(2) to the end of the answer.
    private static func time(
        _ client: AgentClient, _ echo: String, _ setup: String, _ number: Int, _ tally: Tally, _ times: Guarded<Times>
    ) throws {
        let name = "warm.load.test/app\(number)"
        let question = AgentFrame(.question, try question(name, setup: setup).write()).bytes.withBytes { Array($0) }
        let (bytes, answer) = try exchange(client.path, question)
        let (_, echo) = try exchange(echo, question)
        times.withLock { times in
            times.answers.append(answer)
            times.echoes.append(echo)
        }
        var reader = AgentFrameReader()
        bytes.withUnsafeBytes { reader.append($0) }
        var reply: AgentReply?
        while let frame = try reader.next() { reply = try AgentReply(frame) ?? reply }
        check(reply.map { .answered($0) } ?? .alone(reason: "no answer", isNews: true), "warm", name, tally)
    }

    /// One exchange over a connection of its own.
    private static func exchange(_ path: String, _ question: [UInt8]) throws -> (answer: [UInt8], nanoseconds: Int64) {
        let clocks = SystemClocks()
        let start = clocks.monotonicNanoseconds
        let limit = start + 45_000_000_000
        let connection = try UnixConnection.connect(to: path, until: limit)
        try question.withUnsafeBytes { try connection.writeAll($0, until: limit) }
        var answer: [UInt8] = []
        while try connection.receive(until: limit, { answer += $0 }) {}
        return (answer, clocks.monotonicNanoseconds - start)
    }

    private static func memory(of process: Int32) throws -> Int {
        let text = String(decoding: try FileSystem.contents(of: "/proc/\(process)/status", limit: 65536), as: UTF8.self)
        return text.firstMatch(of: /VmRSS:\s+([0-9]+) kB/).flatMap { Int($0.1) } ?? 0
    }

    /// The echo in C, ended with the last reference: what no agent can be quicker than.
    private static func startEcho(_ folder: TemporaryFolder) throws -> ChildProcess {
        let program = folder.path("echo")
        let made = try Tool.run("cc", ["-O2", "-o", program, "\(Repository.root)/Benchmarks/echo.c"])
        try #require(made.status == 0, "\(made)")
        let child = try ChildProcess(ChildCommand(path: program, arguments: [folder.path("echo.sock")], environment: [:]))
        let limit = SystemClocks().monotonicNanoseconds + 60_000_000_000
        // It listens a moment after its start.
        while (try? UnixConnection.connect(to: folder.path("echo.sock"), until: limit)) == nil {
            try #require(SystemClocks().monotonicNanoseconds < limit, "the echo does not listen")
            _ = Cancellation.wait(forAnyOf: [Cancellation()], atMost: 10_000_000)
        }
        return child
    }

    private static func quantile(_ times: [Int64], _ share: Double) -> Int64 {
        let sorted = times.sorted()
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))] / 1000
    }

    /// Warm answers beside echoes, in microseconds.
    private static func line(_ what: String, _ times: Times) -> String {
        let shares = [("p50", 0.5), ("p99", 0.99)].map { name, share in
            let (answer, echo) = (quantile(times.answers, share), quantile(times.echoes, share))
            let ratio = (Double(answer) / Double(max(1, echo)) * 100).rounded() / 100
            return "\(name) \(answer) µs, echo \(echo) µs, ratio \(ratio)"
        }
        return "warm answers, \(what): \(shares.joined(separator: "; ")); \(times.answers.count) of each"
    }

    @Test func `two hundred clients get the right answers, all of them`() throws {
        let seconds = Environment.nonEmptyValue("TABARD_LOAD_SECONDS").flatMap { Int64($0) } ?? 10
        let folder = TemporaryFolder()
        try Self.write(folder)
        let environment = [
            "HOME": folder.path, "TMPDIR": folder.path, "TABARD_CONFIG": folder.path("config.json"),
            "TABARD_PLUGIN_PATH": folder.path("plugins"), "TABARD_PLUGIN_RELAXED": "1",
        ]
        let agent = try RunningAgent(in: folder, ["-v", "0"], environment: environment)
        let echoing = try Self.startEcho(folder)
        defer { _ = echoing.end() }
        let echo = folder.path("echo.sock")
        let client = AgentClient(path: agent.socket)
        let setup = try agent.setup()
        let tally = Tally()
        // Fetched before anything is timed.
        for number in 0..<5 { try Self.ask(client, setup, "warm", number, tally) }
        let start = SystemClocks().monotonicNanoseconds
        let end = start + seconds * 1_000_000_000
        let early = Guarded(0)
        let clients = try (0..<Self.clientCount).map { seed in
            try Background {
                var random = SplitMix(seed: UInt64(seed))
                let never = Cancellation()
                while SystemClocks().monotonicNanoseconds < end {
                    let isCalm = (SystemClocks().monotonicNanoseconds - start) / Self.phase % 2 == 0
                    if isCalm { _ = Cancellation.wait(forAnyOf: [never], atMost: Int64.random(in: 0..<200_000_000, using: &random)) }
                    let number = Int.random(in: 0..<5, using: &random)
                    if Int.random(in: 0..<10, using: &random) < 7 {
                        try Self.time(client, echo, setup, number, tally, isCalm ? tally.calm : tally.crowded)
                    } else {
                        try Self.ask(client, setup, Self.kinds[Int.random(in: 1..<6, using: &random)], number, tally)
                    }
                }
            }
        }
        let changes = try Background {
            let never = Cancellation()
            var round = 1
            while SystemClocks().monotonicNanoseconds < end {
                _ = Cancellation.wait(forAnyOf: [never], atMost: 1_000_000_000)
                Self.setUp(folder, round: round)
                agent.signal(SIGHUP)
                if SystemClocks().monotonicNanoseconds - start > (end - start) / 3, early.withLock({ $0 }) == 0 {
                    let memory = try Self.memory(of: agent.process)
                    early.withLock { $0 = memory }
                }
                round += 1
            }
            return round - 1
        }
        for client in clients { try client.value() }
        let rounds = try changes.value()
        let last = try Self.memory(of: agent.process)
        let (outcomes, wrong) = (tally.outcomes.withLock { $0 }, tally.wrong.withLock { $0 })
        #expect(wrong.isEmpty, "\(wrong.prefix(20))")
        for kind in Self.kinds {
            let seen = outcomes[kind] ?? Outcomes()
            if !["failing", "crashing"].contains(kind) { #expect(seen.answered > 0, "\(kind)") }
            if ["failing", "crashing", "isolated"].contains(kind) { #expect(seen.failed > 0, "\(kind)") }
        }
        // What a client holds is gone with it; the rest is what the allocator keeps.
        let third = early.withLock { $0 }
        #expect(last < third + 16 * 1024, "\(third) KiB after a third, \(last) KiB at the end")
        let idle = Guarded(Times())
        for _ in 0..<2000 { try Self.time(client, echo, setup, 0, tally, idle) }
        print(
            """
            agent under load for \(seconds) s, settings changed \(rounds) times, \(wrong.count) answers wrong or lost:
              \(Self.kinds.map { "\($0): \(outcomes[$0]?.answered ?? 0) answered, \(outcomes[$0]?.failed ?? 0) failed" }.joined(separator: "; "))
              \(Self.line("200 clients with pauses", tally.calm.withLock { $0 }))
              \(Self.line("200 clients without", tally.crowded.withLock { $0 }))
              \(Self.line("one client, nothing else", idle.withLock { $0 }))
              memory \(third) KiB after a third, \(last) KiB at the end
            """)
    }
}
