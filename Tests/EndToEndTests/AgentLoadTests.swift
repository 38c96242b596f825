import Glibc
import TabardAgentProtocol
import TabardCore
import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// Two hundred clients at once, while providers are slow, fail and crash and the settings change every second: no wrong answer, none lost.
///
/// TABARD_LOAD_SECONDS says for how long (`make soak`: ten minutes).
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
    private static let kinds = ["good", "slow", "failing", "crashing"]

    private final class Tally: Sendable {
        let wrong = Guarded<[String]>([])
        let answered = Guarded(0)
        let failed = Guarded(0)
        let warm = Guarded<[Int64]>([])
        let echoes = Guarded<[Int64]>([])
    }

    private static func setUp(_ folder: TemporaryFolder, round: Int) {
        // Every second reading tells the exec plugins something new; every other one changes nothing that counts.
        folder.write(
            "config.json.new",
            """
            {"execProviders": "\(folder.path("exec.json"))", "execProviderBinDir": "\(folder.path("bin"))", \
            "execProviderTimeout": "\(round % 4 < 2 ? 50 : 55)s", "insecureRegistries": ["r\(round).test"]}
            """)
        rename(folder.path("config.json.new"), folder.path("config.json"))
    }

    private static func write(_ folder: TemporaryFolder) {
        let providers = kinds.map { kind in
            """
            {"name": "\(kind)", "apiVersion": "credentialprovider.kubelet.k8s.io/v1", "matchImages": ["\(kind).load.test"], \
            "defaultCacheDuration": "1m", "env": [{"name": "KEEP", "value": "\(kind == "good" ? "1h" : "1s")"}]}
            """
        }
        folder.write(
            "exec.json",
            #"{"kind": "CredentialProviderConfig", "apiVersion": "kubelet.config.k8s.io/v1", "providers": [\#(providers.joined(separator: ","))]}"#
        )
        for kind in kinds { folder.write("bin/\(kind)", script, mode: 0o755) }
        setUp(folder, round: 0)
    }

    /// One question and what came of it.
    private static func ask(_ client: AgentClient, _ setup: String, _ kind: String, _ number: Int, _ tally: Tally) throws {
        let name = "\(kind).load.test/app\(number)"
        let clocks = SystemClocks()
        let start = clocks.monotonicNanoseconds
        let question = AgentQuestion(.logins, ProviderRequest(image: try ImageReference(name)), setup: setup, patience: .zero)
        let outcome = try client.ask(question, until: start + 45_000_000_000)
        let took = clocks.monotonicNanoseconds - start
        func complain(_ what: String) { tally.wrong.withLock { $0.append("\(name): \(what)") } }
        switch outcome {
        case .answered(.entries(let reply)):
            let passwords = reply.entries.map { $0.password.withBytes { String(decoding: $0, as: UTF8.self) } }
            tally.answered.withLock { $0 += 1 }
            if passwords != ["password of \(name)"] || kind == "failing" || kind == "crashing" { complain("\(passwords)") }
            if kind == "good" { tally.warm.withLock { $0.append(took) } }
        case .answered(.failure(let failure)):
            tally.failed.withLock { $0 += 1 }
            if kind == "good" || kind == "slow" || failure.source != kind { complain("\(failure)") }
        case .answered(let other): complain("\(other)")
        case .alone(let reason, _): complain("alone: \(reason)")
        }
    }

    private static func memory(of process: Int32) throws -> Int {
        let text = String(decoding: try FileSystem.contents(of: "/proc/\(process)/status", limit: 65536), as: UTF8.self)
        return text.firstMatch(of: /VmRSS:\s+([0-9]+) kB/).flatMap { Int($0.1) } ?? 0
    }

    /// What one exchange of some bytes over a unix socket takes, each over a connection of its own: what no agent can be quicker than.
    private static func echo(_ path: String) throws -> Int64 {
        let clocks = SystemClocks()
        let start = clocks.monotonicNanoseconds
        let connection = try UnixConnection.connect(to: path, until: start + 60_000_000_000)
        try [UInt8](repeating: 7, count: 200).withUnsafeBytes { try connection.writeAll($0, until: .max) }
        _ = try connection.receive(until: start + 60_000_000_000) { _ in }
        return clocks.monotonicNanoseconds - start
    }

    private static func quantiles(_ times: [Int64]) -> String {
        let sorted = times.sorted()
        guard !sorted.isEmpty else { return "none" }
        func quantile(_ share: Double) -> String { "\(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))] / 1000)" }
        return "p50 \(quantile(0.5)) µs, p99 \(quantile(0.99)) µs of \(sorted.count)"
    }

    @Test func `two hundred clients get the right answers, all of them`() throws {
        let seconds = Environment.nonEmptyValue("TABARD_LOAD_SECONDS").flatMap { Int64($0) } ?? 10
        let folder = TemporaryFolder()
        Self.write(folder)
        let environment = [
            "HOME": folder.path, "TMPDIR": folder.path, "TABARD_CONFIG": folder.path("config.json"),
            "TABARD_PLUGIN_PATH": "\(folder.path)/none",
        ]
        let agent = try RunningAgent(in: folder, ["-v", "0"], environment: environment)
        let echoing = Cancellation()
        let listener = try SocketListener.listen(at: folder.path("echo"), mode: 0o600)
        let echoer = try WorkerThread {
            while let connection = try? listener.accept(unless: echoing) {
                var bytes: [UInt8] = []
                _ = try? connection.receive(until: SystemClocks().monotonicNanoseconds + 60_000_000_000) { bytes += $0 }
                _ = bytes.withUnsafeBytes { try? connection.writeAll($0, until: .max) }
            }
        }
        defer {
            echoing.cancel()
            echoer.join()
        }
        let client = AgentClient(path: agent.socket)
        let setup = try agent.setup()
        let tally = Tally()
        let start = SystemClocks().monotonicNanoseconds
        let end = start + seconds * 1_000_000_000
        let first = Guarded(0)
        let clients = try (0..<200).map { number in
            try Background {
                var random = SplitMix(seed: UInt64(number))
                while SystemClocks().monotonicNanoseconds < end {
                    let kind = Self.kinds[Int.random(in: 0..<10, using: &random) < 7 ? 0 : Int.random(in: 1...3, using: &random)]
                    try Self.ask(client, setup, kind, Int.random(in: 0..<5, using: &random), tally)
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
                let echo = try Self.echo(folder.path("echo"))
                tally.echoes.withLock { $0.append(echo) }
                if SystemClocks().monotonicNanoseconds - start > (end - start) / 3, first.withLock({ $0 }) == 0 {
                    let memory = try Self.memory(of: agent.process)
                    first.withLock { $0 = memory }
                }
                round += 1
            }
        }
        for client in clients { try client.value() }
        try changes.value()
        let last = try Self.memory(of: agent.process)
        let (answered, failed, wrong) = (tally.answered.withLock { $0 }, tally.failed.withLock { $0 }, tally.wrong.withLock { $0 })
        #expect(wrong.isEmpty, "\(wrong.prefix(20))")
        #expect(answered > 200)
        #expect(failed > 0)
        // What a client holds is gone with it; the rest is what the allocator keeps.
        let firstThird = first.withLock { $0 }
        #expect(last < firstThird + 16 * 1024, "\(firstThird) KiB after a third, \(last) KiB at the end")
        let warmIdle = try (0..<2000).map { _ in
            let before = SystemClocks().monotonicNanoseconds
            try Self.ask(client, setup, "good", 0, tally)
            return SystemClocks().monotonicNanoseconds - before
        }
        let echoIdle = try (0..<2000).map { _ in try Self.echo(folder.path("echo")) }
        print(
            """
            agent under load for \(seconds) s: \(answered) answers, \(failed) failures told, \(wrong.count) wrong or lost; \
            warm with 200 clients: \(Self.quantiles(tally.warm.withLock { $0 })), \
            echo beside it: \(Self.quantiles(tally.echoes.withLock { $0 })); \
            warm with one client: \(Self.quantiles(warmIdle)), echo: \(Self.quantiles(echoIdle)); \
            memory \(firstThird) KiB after a third, \(last) KiB at the end
            """)
    }
}
