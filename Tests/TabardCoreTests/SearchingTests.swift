import TabardCore
import Testing

@Suite struct SearchingTests {
    @Test(
        arguments: [
            ("", "", true), ("a", "", true), ("", "a", false), ("abc", "bc", true), ("aab", "ab", true), ("ababac", "abac", true),
            ("abc", "abcd", false), ("naïve", "ïv", true), ("e\u{301}", "e", true),
        ])
    func `a text is found byte by byte`(whole: String, part: String, isThere: Bool) {
        #expect(whole.contains(text: part) == isThere)
        #expect(whole[...].contains(text: part) == isThere)
    }

    @Test func `every place is replaced, and what was put in is not looked at again`() {
        #expect("{r}-{r}".replacing(text: "{r}", with: "{r}{r}") == "{r}{r}-{r}{r}")
        #expect("aaa".replacing(text: "aa", with: "b") == "ba")
        #expect("".replacing(text: "a", with: "b").isEmpty)
    }
}
