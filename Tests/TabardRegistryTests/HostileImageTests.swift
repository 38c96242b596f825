import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardRegistry

/// Images that were made to do harm, and layouts that were.
@Suite struct HostileImageTests {
    private let fixture = PullFixture()
    private static let configuration = Array(#"{"architecture":"amd64","os":"linux"}"#.utf8)

    /// A registry whose tag `1` is `top`, and that has `others` by digest.
    private func registry(_ top: [UInt8], _ others: [[UInt8]] = []) throws -> FakeRegistry {
        try FakeRegistry(answering: { request in
            let name = request.target.split(separator: "/").last.map(String.init) ?? ""
            guard let content = name == "1" ? top : ([top, Self.configuration] + others).first(where: { FakeRegistry.digest($0) == name })
            else { return .plain(404) }
            guard request.target.contains("/manifests/") else { return .plain(200, ["Content-Encoding": "gzip"], content) }
            let isIndex = String(decoding: content.prefix(200), as: UTF8.self).contains(#""manifests""#)
            return .plain(200, ["Content-Type": isIndex ? MediaType.ociIndex : MediaType.ociManifest], content)
        })
    }

    private static func manifest(layers: String, annotations: String = "", configuration: String? = nil) -> [UInt8] {
        let described = configuration ?? FakeRegistry.describe(Self.configuration, FakeRegistry.configurationType)
        return Array(#"{"schemaVersion":2,"config":\#(described),"layers":[\#(layers)]\#(annotations)}"#.utf8)
    }

    private static func index(_ entries: [String]) -> [UInt8] {
        Array(#"{"schemaVersion":2,"manifests":[\#(entries.joined(separator: ","))]}"#.utf8)
    }

    private func pull(_ registry: FakeRegistry, platform: Platform? = nil) throws -> PulledImage {
        var options = PullOptions()
        options.platform = platform
        return try fixture.puller(options).pull(registry.image, entries: [])
    }

    @Test(arguments: [4097, 1_000_000])
    func `more descriptors than an image can have are refused before anything is fetched`(_ count: Int) throws {
        let one = count > 5000 ? "{}" : #"{"mediaType":"x","digest":"sha256:\#(String(repeating: "a", count: 64))","size":1}"#
        let list = String(repeating: one + ",", count: count - 1) + one
        for top in [Self.manifest(layers: list), Array(#"{"schemaVersion":2,"manifests":[\#(list)]}"#.utf8)] {
            let registry = try registry(top)
            let failure = #expect(throws: Failure.self) { try pull(registry) }
            #expect([.tooLarge, .badResponse].contains(failure?.code), "\(String(describing: failure))")
            #expect(registry.requests.count == 1)
        }
    }

    @Test func `indexes that lead to more manifests than anybody needs are refused before they are asked for`() throws {
        func entry(_ number: Int) -> String {
            let digest = FakeRegistry.digest(Array("\(number)".utf8))
            return #"{"mediaType":"\#(MediaType.ociManifest)","digest":"\#(digest)","size":9}"#
        }
        let inner = Self.index((0..<4095).map(entry))
        let top = Self.index([FakeRegistry.describe(inner, MediaType.ociIndex), entry(9999)])
        let registry = try registry(top, [inner])
        let failure = #expect(throws: Failure.self) { try pull(registry) }
        #expect(
            failure?.code == .tooLarge && failure?.reason.contains("more than 4096 manifests") == true, "\(String(describing: failure))")
        #expect(registry.requests.count == 2)
    }

    @Test(arguments: [nil, "linux/amd64"])
    func `indexes in indexes are followed four deep`(_ platform: String?) throws {
        let image = Self.manifest(layers: "")
        var chain = [image]
        for _ in 0..<5 {
            let type = chain.count == 1 ? MediaType.ociManifest : MediaType.ociIndex
            chain.append(Self.index([FakeRegistry.describe(chain[chain.count - 1], type)]))
        }
        let registry = try registry(chain[chain.count - 1], chain)
        let failure = #expect(throws: Failure.self) { try pull(registry, platform: try platform.map { try Platform($0) }) }
        #expect(failure?.reason.contains("nested more than 4 deep") == true, "\(String(describing: failure))")
        #expect(registry.requests.count <= 5)
    }

    @Test func `a manifest that is nothing but brackets is refused`() throws {
        let failure = #expect(throws: Failure.self) { try pull(try registry([UInt8](repeating: UInt8(ascii: "["), count: 1 << 20))) }
        #expect(failure?.code == .badResponse, "\(String(describing: failure))")
    }

    @Test func `a configuration of more than 4 MiB is refused before it is fetched`() throws {
        let described =
            #"{"mediaType":"\#(FakeRegistry.configurationType)","digest":"\#(FakeRegistry.digest(Self.configuration))","size":4194305}"#
        let registry = try registry(Self.manifest(layers: "", configuration: described))
        let failure = #expect(throws: Failure.self) { try pull(registry) }
        #expect(failure?.code == .tooLarge, "\(String(describing: failure))")
        #expect(registry.requests.count == 1)
    }

    @Test func `annotations of an image, however large, give no name to anything and stay out of the index`() throws {
        let large = String(repeating: "x", count: 3 << 20)
        let names = #""\#(OCILayout.nameAnnotation)":"victim.example/app:1","io.containerd.image.name":"victim.example/app:1""#
        let image = Self.manifest(layers: "", annotations: #","annotations":{"a":"\#(large)",\#(names)}"#)
        let entry =
            #"{"mediaType":"\#(MediaType.ociManifest)","digest":"\#(FakeRegistry.digest(image))","size":\#(image.count),"annotations":{\#(names)}}"#
        let registry = try registry(Self.index([entry]), [image])
        _ = try pull(registry)
        let layout = try fixture.layout()
        #expect(try layout.descriptor(named: "victim.example/app:1") == nil)
        #expect(try layout.images().map(\.name) == [registry.image.description])
        #expect(try FileStatus(of: fixture.folder.path("layout/index.json")).size < 2000)
    }

    @Test func `bytes are kept packed as they are, so no bomb goes off`() throws {
        // It would be gigabytes, if it were anything: nobody looks.
        let bomb: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + [UInt8](repeating: 0xED, count: 5000)
        let layer = FakeRegistry.describe(bomb, FakeRegistry.layerType)
        let registry = try registry(Self.manifest(layers: layer), [bomb])
        #expect(try pull(registry).bytes == Int64(bomb.count + Self.configuration.count))
        #expect(registry.requests.allSatisfy { $0.headers["accept-encoding"] == nil })
        let path = fixture.folder.path("layout/blobs/sha256/\(FakeRegistry.digest(bomb).dropFirst(7))")
        #expect(try FileSystem.contents(of: path, limit: 1 << 20) == bomb)
    }

    @Test(arguments: ["blobs", "blobs/sha256", "ingest", "index.json", "index.lock", "oci-layout", "image_manager"])
    func `a link in the layout leads nowhere`(_ name: String) throws {
        let registry = try registry(Self.manifest(layers: ""))
        _ = try fixture.layout()
        let isFile = name.contains("index") || name == "oci-layout"
        let outside = fixture.folder.path("outside")
        fixture.folder.write(isFile ? "outside" : "outside/kept", #"{"imageLayoutVersion":"1.0.0"}"#)
        #expect(try Tool.run("rm", ["-rf", fixture.folder.path("layout/\(name)")]).status == 0)
        #expect(TemporaryFolder.link(outside, at: fixture.folder.path("layout/\(name)")))
        #expect(throws: Failure.self) { try pull(registry) }
        if isFile {
            #expect(try FileSystem.contents(of: outside, limit: 1000) == Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
        } else {
            #expect(try FileSystem.names(in: outside) == ["kept"])
        }
    }

    @Test func `content is for everybody to read, and what is unfinished for nobody else`() throws {
        _ = try pull(try registry(Self.manifest(layers: "")))
        for (name, mode) in [("ingest", UInt32(0o700)), ("image_manager", 0o700), ("blobs", 0o755)] {
            #expect(try FileStatus(of: fixture.folder.path("layout/\(name)")).mode & 0o777 & ~mode == 0, "\(name)")
        }
    }

    @Test func `a token server that redirects is not followed`() throws {
        let thief = try FakeRegistry(answering: { _ in .plain(200, [:], Array(#"{"token":"t"}"#.utf8)) })
        let elsewhere = thief.host
        let registry = try FakeRegistry(answering: { request in
            if request.target.hasPrefix("/token") { return .plain(307, ["Location": "http://\(elsewhere)/token"]) }
            return .plain(401, ["WWW-Authenticate": "Bearer realm=\"http://\(request.headers["host"] ?? "")/token\""])
        })
        let image = try registry.image
        #expect(throws: Failure.self) { try fixture.puller().pull(image, entries: [PullFixture.entry("user", "right")]) }
        #expect(thief.requests.isEmpty)
    }

    @Test(arguments: [
        ("r.example", "https://auth.example/token", true), ("r.example", "http://auth.example/token", false),
        ("r.example", "http://r.example/token", false), ("r.example", "https://169.254.169.254/token", false),
        ("r.example", "https://127.0.0.1/token", false), ("r.example", "https://10.0.0.1/token", false),
        ("r.example", "https://user@auth.example/token", false), ("10.0.0.1", "https://10.0.0.1/token", true),
        ("localhost:5000", "http://localhost:5001/token", true), ("localhost:5000", "http://auth.example/token", false),
    ])
    func `a realm on another host is asked only where it may be`(_ registry: String, _ realm: String, _ isAsked: Bool) throws {
        let endpoint = try RegistryEndpoint(for: ImageReference("\(registry)/team/app:1"))
        #expect(((try? endpoint.tokenServer(realm: realm)) != nil) == isAsked)
    }

    @Test(arguments: [
        ("https://storage.example/x", true), ("http://storage.example/x", false), ("http://r.example/x", false),
        ("https://169.254.169.254/x", false), ("https://127.0.0.1/x", false), ("file:///etc/passwd", false), ("/v2/x", true),
    ])
    func `a redirect is followed only where it may lead`(_ location: String, _ isFollowed: Bool) throws {
        let endpoint = try RegistryEndpoint(for: ImageReference("r.example/team/app:1"))
        #expect(((try? endpoint.redirect(from: WebURL("https://r.example/v2/y"), to: location)) != nil) == isFollowed)
    }
}
