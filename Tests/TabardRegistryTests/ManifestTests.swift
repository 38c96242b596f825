import TabardCore
import TabardHTTP
import TabardJSON
import TabardTestSupport
import Testing

@testable import TabardRegistry

@Suite struct ManifestTests {
    @Test(arguments: try Fixtures.json("registry/manifests.json").elements)
    func `a manifest is read or refused as the fixture says`(_ example: JSONNode) throws {
        var bytes = Array((example["text"]?.string ?? "").utf8)
        if let body = example["body"] {
            var json = JSONWriter()
            json.value(body)
            bytes = json.finishBytes()
        }
        let digest = ContentHasher.digest(of: bytes, .sha256)
        let result = Result { () throws(Failure) -> Manifest in
            try Manifest(bytes: bytes, digest: digest, contentType: example["content_type"]?.string ?? "", image: "r.example/app:1")
        }
        switch result {
        case .success(let manifest):
            #expect(example["error"] == nil)
            #expect(manifest.descriptor.mediaType == example["type"]?.string)
            switch manifest.content {
            case .image(_, let layers): #expect(Int64(layers.count + 1) == example["blobs"]?.int64)
            case .index(let entries): #expect(Int64(entries.count) == example["entries"]?.int64)
            }
        case .failure(let failure):
            let expected = try #require(example["error"]?.string, "\(failure)")
            #expect(failure.description.contains(expected))
            #expect(failure.description.contains("r.example/app:1"))
        }
    }

    @Test(arguments: try Fixtures.json("registry/content-ranges.json").elements)
    func `a partial answer is judged`(_ example: JSONNode) throws {
        var headers = HTTPHeaders()
        if let range = example["content_range"]?.string { headers.add("content-range", range) }
        let head = HTTPResponseHead(status: Int(try example.requireInt64("status")), headers: headers)
        let action = try? ContentRange.accept(head, at: example.requireInt64("offset"), of: "sha256:x")
        let names: [String: ContentRange.Action] = ["append": .append, "restart": .restart]
        #expect(action == names[try example.requireString("action")])
    }

    @Test(arguments: try Fixtures.json("registry/reach.json").elements)
    func `an address is placed`(_ example: JSONNode) throws {
        #expect("\(NetworkReach(host: try example.requireString("host")))" == example["reach"]?.string)
    }

    @Test(arguments: try Fixtures.json("registry/retry-after.json").elements)
    func `a wish to be left alone is read and bounded`(_ example: JSONNode) throws {
        let now = try #require(UTCTime(rfc3339: example.requireString("now")))
        let delay = RetryDelay.read(try example.requireString("header"), now: FakeClocks(unixNanoseconds: now.unixNanoseconds))
        #expect(delay == example["wait_s"]?.int64.map { .seconds($0) })
    }
}
