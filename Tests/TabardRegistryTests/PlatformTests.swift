import TabardCore
import TabardJSON
import TabardTestSupport
import Testing

@testable import TabardRegistry

@Suite struct PlatformTests {
    @Test(arguments: try Fixtures.json("registry/platforms.json").elements)
    func `the best offer is chosen`(_ example: JSONNode) throws {
        let offers = try example.requireArray("offers").map { node in try node.string.map { try Platform($0) } }
        let choice = try Platform(example.requireString("host")).choose(from: offers)
        let expected = try example["pick"]?.string.map { try Platform($0) }
        #expect(choice.map { offers[$0] } == (expected.map { .some($0) }))
    }

    @Test(arguments: [
        ("linux/x86_64", "linux/amd64"), ("Linux/AARCH64", "linux/arm64"), ("linux/armhf", "linux/arm/v7"), ("linux/arm/7", "linux/arm/v7"),
        ("windows/amd64", "windows/amd64"),
    ])
    func `names that mean the same become one`(_ given: String, _ normal: String) throws {
        #expect(try Platform(given).description == normal)
    }

    @Test(arguments: ["", "linux", "linux/", "/amd64", "linux/arm/v7/x", "linux/am d64", "linux//v7"])
    func `what is no platform is refused`(_ text: String) {
        #expect(throws: Failure.self) { try Platform(text) }
    }
}
