import TabardCore
import Testing

/// Names of mirrors.
@Suite struct MirrorLocationTests {
    @Test(arguments: [
        ("mirror.gcr.io", "docker.io/library/busybox:1", "mirror.gcr.io/library/busybox:1"),
        ("localhost:5000", "docker.io/team/app", "localhost:5000/team/app:latest"),
        ("cache.example.com/hub", "quay.io/a/b/c:2", "cache.example.com/hub/a/b/c:2"),
        ("[fd00::1]:5000", "quay.io/a/b:2", "[fd00::1]:5000/a/b:2"),
    ])
    func `an image has the same repository, tag and digest below the mirror`(_ location: String, _ image: String, _ mirrored: String) throws
    {
        let mirror = try MirrorLocation(location)
        #expect(try mirror.image(ImageReference(image)).description == mirrored)
        #expect(mirror.description == location)
        let digest = "@sha256:" + String(repeating: "0", count: 64)
        #expect(try mirror.image(ImageReference(image + digest)).digest?.description == String(digest.dropFirst()))
    }

    @Test(arguments: ["", "mirror", "https://mirror.gcr.io", "mirror.gcr.io/", "mirror.gcr.io/a:1", "mirror.gcr.io:x", "a b.example", "/x"])
    func `what is no place is refused`(_ text: String) {
        #expect(throws: Failure.self) { try MirrorLocation(text) }
    }
}
