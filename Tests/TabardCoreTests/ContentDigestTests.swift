import TabardCore
import TabardJSON
import TabardTestSupport
import Testing

@Suite struct ContentDigestTests {
    @Test(arguments: try Fixtures.json("core/digests.json").elements.map(FixtureCase.init))
    func `digests are read strictly`(fixture: FixtureCase) throws {
        let input = try fixture.node.requireString("input")
        if fixture.node["valid"]?.bool == true {
            #expect(try ContentDigest(input).description == input)
        } else {
            let failure = try #require(throws: Failure.self) { try ContentDigest(input) }
            #expect(failure.code == .invalid)
            let isUnknown = fixture.node["note"]?.string?.contains("unregistered") == true
            #expect(failure.reason.contains("unsupported") == isUnknown, "\(failure)")
        }
    }

    @Test func `a hash becomes its name`() throws {
        let digest = ContentDigest(.sha256, bytes: (0..<32).map { UInt8($0 * 8 + 7) })
        #expect(digest.hex == "070f171f272f373f474f575f676f777f878f979fa7afb7bfc7cfd7dfe7eff7ff")
        #expect(try ContentDigest(digest.description) == digest)
        #expect(
            ContentDigest(.sha512, bytes: [UInt8](repeating: 0xA5, count: 64)).description == "sha512:" + String(repeating: "a5", count: 64)
        )
    }
}
