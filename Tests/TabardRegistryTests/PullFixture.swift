import TabardCore
import TabardHTTP
import TabardSystem
import TabardTestSupport

@testable import TabardRegistry

/// A layout in a folder of its own and a puller whose pauses take no time.
struct PullFixture {
    let folder = TemporaryFolder()
    let pauses = Pauses()

    /// The pauses that were asked for, in nanoseconds from the time of asking.
    final class Pauses: Sendable {
        let list = Guarded<[Int64]>([])
    }

    var path: String { folder.path("layout") }

    func layout() throws -> OCILayout { try OCILayout(path: path) }

    func puller(
        _ options: PullOptions = PullOptions(), insecureHosts: Set<String> = [], stallTimeout: Duration = .seconds(30),
        mirrorPatience: MirrorPatience = MirrorPatience(), log: LogSink = .silent
    ) throws -> ImagePuller {
        let clocks = SystemClocks()
        let http = HTTPClient(
            configuration: HTTPConfiguration(insecureHosts: insecureHosts, environment: { $0 == "TABARD_FORBID_LINK_LOCAL" ? "1" : nil }),
            clocks: clocks, log: .silent)
        let pauses = pauses
        let pace = HostPace(clocks: clocks) { until, _ in pauses.list.withLock { $0.append(until - clocks.monotonicNanoseconds) } }
        return ImagePuller(
            http: http, layout: try layout(), options: options, clocks: clocks, log: log, pace: pace, stallTimeout: stallTimeout,
            mirrorPatience: mirrorPatience)
    }

    /// Everything that lies in the layout, sorted.
    func files() throws -> [String] {
        var found: [String] = []
        func walk(_ name: String) throws {
            for entry in try FileSystem.names(in: name.isEmpty ? path : folder.path("layout/\(name)")) {
                let full = name.isEmpty ? entry : "\(name)/\(entry)"
                if try FileStatus(of: folder.path("layout/\(full)")).kind == .directory { try walk(full) } else { found.append(full) }
            }
        }
        try walk("")
        return found.sorted()
    }

    static func entry(_ username: String, _ password: String, _ origin: Origin = Origin(.dockerConfig, "config.json")) -> AuthEntry {
        AuthEntry(pattern: "127.0.0.1", username: username, password: Secret(password), origin: origin)
    }
}

extension ImagePuller {
    /// Pulls with these entries, in their order.
    func pull(
        _ image: ImageReference, entries: [AuthEntry], until deadline: Int64 = .max, cancellation: Cancellation? = nil,
        onEvent: @escaping @Sendable (PullEvent) -> Void = { _ in }
    ) throws(Failure) -> PulledImage {
        var rest = entries[...]
        return try pull(image, until: deadline, cancellation: cancellation, onEvent: onEvent) { rest.popFirst() }
    }
}
