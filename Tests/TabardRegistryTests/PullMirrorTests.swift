import TabardCore
import TabardHTTP
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardRegistry

/// Mirrors before the registry itself.
@Suite struct PullMirrorTests {
    private static func isContent(_ request: FakeRegistry.Request) -> Bool { request.target.contains("/blobs/") }
    private static func isTag(_ request: FakeRegistry.Request) -> Bool { request.target.hasSuffix("/manifests/1") }

    private static func source(_ mirror: FakeRegistry, _ entries: [AuthEntry] = []) throws -> ImageSource {
        var rest = entries[...]
        return ImageSource(try ImageReference("\(mirror.host)/team/app:1")) { () throws(Failure) in rest.popFirst() }
    }

    private static func fixture(_ policy: PullPolicy) throws -> (PullFixture, ImagePuller) {
        let fixture = PullFixture()
        var options = PullOptions()
        options.policy = policy
        options.platform = nil
        return (fixture, try fixture.puller(options))
    }

    @Test func `a mirror gives everything, and the registry is asked nothing`() throws {
        let (fixture, puller) = try Self.fixture(.ifNotPresent)
        defer { withExtendedLifetime(fixture) {} }
        let mirror = try FakeRegistry()
        let registry = try FakeRegistry()
        let pulled = try puller.pull(try registry.image, mirrors: [try Self.source(mirror)]) { nil }
        #expect(pulled.mirrors == [mirror.host] && pulled.credential == nil)
        #expect(registry.requests.isEmpty && mirror.requests.contains(where: Self.isContent))
        #expect(try fixture.layout().descriptor(named: registry.image.description)?.digest == pulled.digest)
    }

    @Test func `with the policy Always the registry says what the tag is, and content comes from the mirror`() throws {
        let (fixture, puller) = try Self.fixture(.always)
        defer { withExtendedLifetime(fixture) {} }
        let mirror = try FakeRegistry()
        let registry = try FakeRegistry()
        let pulled = try puller.pull(try registry.image, mirrors: [try Self.source(mirror)]) { nil }
        #expect(pulled.mirrors == [mirror.host])
        #expect(registry.requests.count == 1 && registry.requests.allSatisfy(Self.isTag), "\(registry.requests)")
        #expect(!mirror.requests.contains(where: Self.isTag) && mirror.requests.count(where: Self.isContent) == 2)
        // Nothing has changed: one question, and none to the mirror.
        let asked = mirror.requests.count
        #expect(try puller.pull(try registry.image, mirrors: [try Self.source(mirror)]) { nil }.requests == 1)
        #expect(mirror.requests.count == asked)
    }

    @Test func `a mirror with an older image under the tag is no source with the policy Always`() throws {
        let (fixture, puller) = try Self.fixture(.always)
        defer { withExtendedLifetime(fixture) {} }
        let mirror = try FakeRegistry(layerSizes: [999])
        let registry = try FakeRegistry()
        let pulled = try puller.pull(try registry.image, mirrors: [try Self.source(mirror)]) { nil }
        #expect(pulled.mirrors.isEmpty && pulled.digest.description == FakeRegistry.digest(registry.manifest))
    }

    @Test func `layers that a mirror lacks or spoils come from the next one and then the registry`() throws {
        for status in [404, 200, 403] {
            let (fixture, puller) = try Self.fixture(.ifNotPresent)
            defer { withExtendedLifetime(fixture) {} }
            let sizes = [5000, 6000, 7000]
            let registry = try FakeRegistry(layerSizes: sizes)
            let (good, lost) = (FakeRegistry.digest(registry.layers[0]), FakeRegistry.digest(registry.layers[1]))
            let first = try FakeRegistry(layerSizes: sizes) { request in
                Self.isContent(request) && !request.target.hasSuffix(good) ? .plain(status, [:], Array(repeating: 7, count: 5000)) : .usual
            }
            let second = try FakeRegistry(layerSizes: sizes) { $0.target.hasSuffix(lost) ? .plain(404) : .usual }
            let pulled = try puller.pull(try registry.image, mirrors: [try Self.source(first), try Self.source(second)]) { nil }
            #expect(pulled.mirrors == [first.host, second.host])
            #expect(Set(registry.requests.filter(Self.isContent).map(\.target)) == ["/v2/team/app/blobs/\(lost)"], "\(status)")
            #expect(!registry.requests.contains(where: Self.isTag), "the digest is known already")
            let layout = try fixture.layout()
            let top = try #require(try layout.descriptor(named: registry.image.description))
            #expect(try layout.contents(of: top).isWhole)
        }
    }

    @Test func `what a mirror sent before it broke is not fetched again`() throws {
        let (fixture, puller) = try Self.fixture(.ifNotPresent)
        defer { withExtendedLifetime(fixture) {} }
        let registry = try FakeRegistry(layerSizes: [100_000])
        let (layer, bytes) = (FakeRegistry.digest(registry.layers[0]), registry.layers[0])
        let mirror = try FakeRegistry(layerSizes: [100_000]) { request in
            guard request.target.hasSuffix(layer) else { return .usual }
            return request.repetition == 0 ? .cut(bytes, after: 60_000) : .plain(503)
        }
        _ = try puller.pull(try registry.image, mirrors: [try Self.source(mirror)]) { nil }
        let ranges = registry.requests.filter { $0.target.hasSuffix(layer) }.map { $0.headers["range"] }
        #expect(ranges == ["bytes=60000-"])
    }

    @Test func `a mirror that is down is tried once in a run, and the pull ends well`() throws {
        let (fixture, puller) = try Self.fixture(.ifNotPresent)
        defer { withExtendedLifetime(fixture) {} }
        let registry = try FakeRegistry()
        let mirror = try FakeRegistry { _ in .plain(503, ["Retry-After": "600"]) }
        let source = try Self.source(mirror)
        #expect(try puller.pull(try registry.image, mirrors: [source]) { nil }.mirrors.isEmpty)
        let asked = mirror.requests.count
        let other = try ImageReference("\(registry.host)/team/other:1")
        #expect(try puller.following(.always).pull(other, mirrors: [source]) { nil }.mirrors.isEmpty)
        #expect(asked > 0 && mirror.requests.count == asked)
        #expect(fixture.pauses.list.withLock { $0.allSatisfy { $0 < 60_000_000_000 } }, "the registry is not slowed by it")
    }

    @Test func `a mirror that takes connections and says nothing is left soon, once in a run, and said once`() throws {
        let registry = try FakeRegistry()
        let silent = try ScriptedServer { $0.waitForClose() }
        let fixture = PullFixture()
        let lines = Guarded<[String]>([])
        let log = LogSink(verbosity: 0) { line in lines.withLock { $0.append(line.message) } }
        var options = PullOptions()
        options.policy = .ifNotPresent
        let patience = MirrorPatience(first: .milliseconds(100), signOfLife: .milliseconds(100))
        let puller = try fixture.puller(options, mirrorPatience: patience, log: log)
        let name = "127.0.0.1:\(silent.port)"
        let source = ImageSource(try ImageReference("\(name)/team/app:1")) { () throws(Failure) in nil }
        #expect(try puller.pull(try registry.image, mirrors: [source]) { nil }.mirrors.isEmpty)
        let connections = silent.connectionCount
        let other = try ImageReference("\(registry.host)/team/other:1")
        #expect(try puller.pull(other, mirrors: [source]) { nil }.mirrors.isEmpty)
        #expect(connections > 0 && silent.connectionCount == connections)
        #expect(lines.withLock { $0.count { $0.contains("going on without the mirror \(name)") } } == 1)
    }

    @Test func `a mirror that is slow with its first manifest and lives gets more time`() throws {
        let registry = try FakeRegistry()
        let mirror = try FakeRegistry { request in
            Self.isTag(request) && request.repetition == 0 ? .stall([UInt8](repeating: 0, count: 9), after: 0) : .usual
        }
        let fixture = PullFixture()
        var options = PullOptions()
        options.policy = .ifNotPresent
        let patience = MirrorPatience(first: .milliseconds(200), signOfLife: .seconds(60), living: .seconds(60))
        let pulled = try fixture.puller(options, mirrorPatience: patience).pull(try registry.image, mirrors: [try Self.source(mirror)]) {
            nil
        }
        #expect(pulled.mirrors == [mirror.host] && registry.requests.isEmpty)
        #expect(mirror.requests.contains { $0.target == "/v2/" })
    }

    @Test func `each place is told its own credential only`() throws {
        let (fixture, puller) = try Self.fixture(.ifNotPresent)
        defer { withExtendedLifetime(fixture) {} }
        let challenge = ["WWW-Authenticate": "Basic realm=\"here\""]
        let lost = FakeRegistry.digest(try FakeRegistry().layers[0])
        let mirror = try FakeRegistry { request in
            request.headers["authorization"] == nil ? .plain(401, challenge) : request.target.hasSuffix(lost) ? .plain(404) : .usual
        }
        let registry = try FakeRegistry { $0.headers["authorization"] == nil ? .plain(401, challenge) : .usual }
        let source = try Self.source(mirror, [PullFixture.entry("mirror-user", "mirror-password")])
        var own = [PullFixture.entry("own-user", "own-password")][...]
        let pulled = try puller.pull(try registry.image, mirrors: [source]) { own.popFirst() }
        #expect(pulled.mirrors == [mirror.host])
        let sent = { (registry: FakeRegistry) in Set(registry.requests.compactMap { $0.headers["authorization"] }) }
        #expect(sent(mirror) == ["Basic bWlycm9yLXVzZXI6bWlycm9yLXBhc3N3b3Jk"] && sent(registry) == ["Basic b3duLXVzZXI6b3duLXBhc3N3b3Jk"])
    }

    @Test func `when nobody has the image, the failure tells of the mirrors too`() throws {
        let (fixture, puller) = try Self.fixture(.ifNotPresent)
        defer { withExtendedLifetime(fixture) {} }
        let registry = try FakeRegistry { _ in .plain(404) }
        let mirror = try FakeRegistry { _ in .plain(401, ["WWW-Authenticate": "Basic realm=\"here\""]) }
        let failure = #expect(throws: Failure.self) { try puller.pull(try registry.image, mirrors: [try Self.source(mirror)]) { nil } }
        #expect(
            failure?.code == .notFound && failure?.reason.contains("mirrors had it neither: \(mirror.host): ") == true, "\(failure as Any)")
    }
}
