import TabardCore
import Testing

@Suite struct NearestNameTests {
    @Test(arguments: [
        ("regoin", "region"), ("Region", "region"), ("region", "region"), ("regio", "region"), ("regionn", "region"), ("rgion", "region"),
        ("matchImage", "matchImages"), ("match_images", "matchImages"), ("roleARN", "roleArn"), ("xyz", nil), ("", nil), ("r", nil),
        ("completelyDifferent", nil),
    ])
    func `the name that was meant`(_ wrong: String, _ meant: String?) {
        #expect(NearestName.to(wrong, among: ["region", "matchImages", "roleArn", "profile"]) == meant)
    }

    @Test func `ties go to the first, long texts to nobody`() {
        #expect(NearestName.to("bat", among: ["cat", "hat"]) == "cat")
        #expect(NearestName.to("a", among: []) == nil)
        #expect(NearestName.to(String(repeating: "a", count: 65), among: [String(repeating: "a", count: 65)]) == nil)
    }
}
