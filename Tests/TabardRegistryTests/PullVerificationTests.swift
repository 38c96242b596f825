import TabardCore
import TabardPullRecords
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardRegistry

/// Who gets an image that is here already.
@Suite struct PullVerificationTests {
    private let fixture = PullFixture()

    /// A registry that gives its image to `user` with the password `right` or `own` alone.
    private func guarded() throws -> FakeRegistry {
        try FakeRegistry(answering: { request in
            ["Basic dXNlcjpyaWdodA==", "Basic dXNlcjpvd24="].contains(request.headers["authorization"])
                ? .usual : .plain(401, ["WWW-Authenticate": "Basic realm=\"r\""])
        })
    }

    private func options(
        _ verification: CredentialVerification.Policy = .neverVerifyPreloadedImages, _ policy: PullPolicy = .ifNotPresent
    ) -> PullOptions {
        var options = PullOptions()
        options.policy = policy
        options.verification = CredentialVerification(policy: verification)
        return options
    }

    private func secret(_ namespace: String, _ password: String, uid: String? = nil) -> AuthEntry {
        var entry = PullFixture.entry("user", password, Origin(.pullSecret, "\(namespace)/regcred"))
        entry.owner = .secret(ObjectCoordinates(uid: uid ?? "uid-of-\(namespace)", namespace: namespace, name: "regcred"))
        return entry
    }

    private func pull(_ image: ImageReference, _ entries: [AuthEntry], _ options: PullOptions) throws(Failure) -> PulledImage {
        var rest = entries[...]
        let puller: ImagePuller
        do { puller = try fixture.puller(options) } catch {
            throw (error as? Failure) ?? Failure(.local, attempting: "", reason: "\(error)")
        }
        return try puller.pull(image, for: ImageRequester(entries: entries)) { rest.popFirst() }
    }

    @Test func `whoever pulled it gets it without a request, and nobody else does`() throws {
        let registry = try guarded()
        let image = try registry.image
        let absent = try #require(throws: Failure.self) { try pull(image, [], options(.neverVerifyPreloadedImages, .never)) }
        #expect(try !pull(image, [secret("blue", "right")], options()).wasPresent)
        let before = registry.requests.count
        #expect(try pull(image, [secret("blue", "right")], options()).wasPresent)
        #expect(try pull(image, [secret("blue", "right")], options(.alwaysVerify)).wasPresent)
        #expect(registry.requests.count == before)
        for entries in [[], [secret("red", "wrong")]] {
            let here = try #require(throws: Failure.self) { try pull(image, entries, options(.neverVerifyPreloadedImages, .never)) }
            // It is not told whether it is here.
            #expect(here == absent)
            #expect(registry.requests.count == before)
        }
        let denied = try #require(throws: Failure.self) { try pull(image, [secret("red", "wrong")], options()) }
        #expect(denied.code == .denied && registry.requests.count > before)
        #expect(try pull(image, [], options(.neverVerify, .never)).wasPresent)
    }

    @Test func `a refusal is the same whether the image is here or not`() throws {
        let registry = try guarded()
        let image = try registry.image
        let absent = try #require(throws: Failure.self) { try pull(image, [secret("red", "wrong")], options()) }
        _ = try pull(image, [secret("blue", "right")], options())
        let here = try #require(throws: Failure.self) { try pull(image, [secret("red", "wrong")], options()) }
        #expect(here == absent)
    }

    @Test func `a second tenant asks the registry once, fetches nothing, and is known then`() throws {
        let registry = try guarded()
        let image = try registry.image
        _ = try pull(image, [secret("blue", "right")], options())
        let index = try FileStatus(of: fixture.folder.path("layout/index.json")).inode
        let first = try pull(image, [secret("red", "own")], options())
        #expect(!first.wasPresent && first.bytes == 0)
        #expect(try FileStatus(of: fixture.folder.path("layout/index.json")).inode == index)
        let before = registry.requests.count
        #expect(try pull(image, [secret("red", "own")], options()).wasPresent)
        #expect(try pull(image, [secret("blue", "right")], options()).wasPresent)
        #expect(registry.requests.count == before)
    }

    @Test func `a Secret whose password has changed is known by its uid, and its new password by itself`() throws {
        let registry = try guarded()
        let image = try registry.image
        _ = try pull(image, [secret("blue", "right")], options())
        let before = registry.requests.count
        #expect(try pull(image, [secret("blue", "renewed")], options()).wasPresent)
        // Learnt a moment ago.
        #expect(try pull(image, [secret("green", "renewed")], options()).wasPresent)
        #expect(registry.requests.count == before)
    }

    @Test func `what anybody may pull, and what the node's own login pulled, is for everybody`() throws {
        let open = try FakeRegistry()
        _ = try pull(open.image, [secret("blue", "right")], options())
        #expect(try pull(open.image, [], options(.alwaysVerify, .never)).wasPresent)
        let registry = try guarded()
        _ = try pull(registry.image, [PullFixture.entry("user", "right")], options())
        #expect(try pull(registry.image, [], options(.alwaysVerify, .never)).wasPresent)
    }

    @Test func `what was here before there were records is for everybody, unless everything is verified`() throws {
        let registry = try guarded()
        let image = try registry.image
        _ = try pull(image, [secret("blue", "right")], options())
        let layout = try fixture.layout()
        try layout.records.forget(imageRef: try #require(try layout.descriptor(named: image.description)).digest.description)
        #expect(try pull(image, [], options(.neverVerifyPreloadedImages, .never)).wasPresent)
        #expect(throws: Failure.self) { try pull(image, [], options(.alwaysVerify, .never)) }
        // An intent that was left behind is no such thing.
        try layout.records.intend(image.description)
        #expect(throws: Failure.self) { try pull(image, [], options(.neverVerifyPreloadedImages, .never)) }
        _ = try pull(image, [secret("blue", "right")], options())
        #expect(try pull(image, [secret("blue", "right")], options()).wasPresent)
        #expect(try !layout.records.isIntended(image.description))
    }

    @Test func `records go with their image`() throws {
        let registry = try guarded()
        let image = try registry.image
        _ = try pull(image, [secret("blue", "right")], options())
        func records() throws -> [String] { try fixture.files().filter { $0.hasPrefix("image_manager/") } }
        #expect(try records().count == 1)
        let layout = try fixture.layout()
        try layout.setName(
            "second", to: try #require(try layout.descriptor(named: image.description)), until: .max, cancellation: nil)
        try layout.removeImage(image.description, until: .max, cancellation: nil)
        #expect(try records().count == 1)
        try layout.removeImage("second", until: .max, cancellation: nil)
        #expect(try records() == [])
        _ = try pull(image, [secret("blue", "right")], options())
        try layout.removeName(image.description, until: .max, cancellation: nil)
        _ = try layout.collectGarbage(until: .max, cancellation: nil)
        #expect(try records() == [])
    }

    @Test func `content that is guarded makes the image guarded, even where anybody may read its name`() throws {
        let registry = try guarded()
        let mirror = try FakeRegistry(answering: { request in
            request.target.contains("/manifests/") ? .plain(200, ["Content-Type": MediaType.ociManifest], registry.manifest) : .plain(404)
        })
        let image = try registry.image
        var rest = [secret("blue", "right")][...]
        let source = ImageSource(try ImageReference("\(mirror.host)/team/app:1")) { () throws(Failure) in nil }
        _ = try fixture.puller(options()).pull(image, mirrors: [source]) { rest.popFirst() }
        #expect(throws: Failure.self) { try pull(image, [], options(.neverVerifyPreloadedImages, .never)) }
        #expect(try pull(image, [secret("blue", "right")], options(.neverVerifyPreloadedImages, .never)).wasPresent)
    }
}
