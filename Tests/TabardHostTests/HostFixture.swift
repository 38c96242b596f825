import TabardConfig
import TabardCore
@testable import TabardHost
import TabardHTTP
import TabardSystem
import TabardTestSupport

/// A host for tests: its log lines are kept, its HTTP is a closure.
final class HostFixture: Sendable {
    /// HTTP that answers as a test says.
    struct ClosureHTTP: HTTPExchanging {
        let answer: @Sendable (HTTPRequest) throws(Failure) -> HTTPResponse
        func perform(_ request: HTTPRequest, until deadline: Int64, cancellation: Cancellation?) throws(Failure) -> HTTPResponse {
            try answer(request)
        }
    }

    let folder = TemporaryFolder()
    let services: HostServices
    private let journal = Journal()

    private final class Journal: Sendable { let lines = Guarded<[LogLine]>([]) }

    init(
        clocks: any Clocks = SystemClocks(), verbosity: Int = 9,
        http: @escaping @Sendable (HTTPRequest) throws(Failure) -> HTTPResponse = { (_) throws(Failure) in
            throw Failure(.unavailable, attempting: "connecting", reason: "no network in this test")
        }
    ) {
        let journal = journal
        let log = LogSink(verbosity: verbosity) { line in journal.lines.withLock { $0.append(line) } }
        services = HostServices(name: "test-host", version: "9.9", http: ClosureHTTP(answer: http), clocks: clocks, log: log)
    }

    /// Everything that was logged.
    var lines: [LogLine] { journal.lines.withLock { $0 } }
    /// Whether a line with that text was logged.
    func logged(_ text: String) -> Bool { lines.contains { $0.message.contains(text) } }

    /// Compiles a fixture into the folder and asks it about an image.
    func ask(
        _ plugin: String, image: String = "a.fixture.test/app:1", configuration: ProviderConfiguration? = nil, seconds: Int64 = 60,
        cancellation: Cancellation = Cancellation(), request change: (inout ProviderRequest) -> Void = { _ in }
    ) throws -> ProviderReply {
        let provider = try provider(plugin, configuration: configuration)
        return try ask(provider, image: image, seconds: seconds, cancellation: cancellation, request: change)
    }

    /// Asks a provider about an image.
    func ask(
        _ provider: any Provider, image: String = "a.fixture.test/app:1", seconds: Int64 = 60,
        cancellation: Cancellation = Cancellation(), request change: (inout ProviderRequest) -> Void = { _ in }
    ) throws -> ProviderReply {
        var request = ProviderRequest(image: try ImageReference(image))
        change(&request)
        let deadline = services.clocks.monotonicNanoseconds + seconds * 1_000_000_000
        return try provider.provide(request, call: ProviderCall(deadline: deadline, cancellation: cancellation, isOneShot: false))
    }

    /// Compiles a fixture and gives its first provider, as its file describes it.
    func provider(_ plugin: String, configuration: ProviderConfiguration? = nil) throws -> PluginProvider {
        let path = try FixturePlugin.compile(plugin, into: folder)
        let file = PluginFile(path: path, manifest: nil, loader: PluginLoader(trust: .relaxed, services: services))
        let manifest = try file.handle().description.providers[0]
        return try PluginProvider(manifest: manifest, file: file, configuration: configuration, isChosen: true, services: services)
    }

    /// The configuration that `--set fixture.KEY=VALUE` makes.
    static func configured(_ sets: String..., id: String = "fixture") throws -> ProviderConfiguration? {
        try TabardConfiguration.empty.overriding(sets.map { "\(id).\($0)" }).providers[id]
    }
}

extension Secret {
    /// The bytes as text, to compare with.
    var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}
