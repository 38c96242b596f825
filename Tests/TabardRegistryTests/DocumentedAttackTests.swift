import TabardSystem
import TabardTestSupport
import Testing

/// docs/pulling.md names a test for each attack: they are there.
@Suite struct DocumentedAttackTests {
    private static let rows: [(suite: String, test: String)] = {
        let bytes = (try? FileSystem.contents(of: "\(Repository.root)/docs/pulling.md", limit: 1 << 20)) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            guard line.hasSuffix("` |"), let cell = line.split(separator: "|").last.map(String.init), cell.contains("Tests: `") else {
                return nil
            }
            let parts = cell.split(separator: "`")
            return (String(parts[0].filter { $0 != " " && $0 != ":" }), String(parts[1]))
        }
    }()

    @Test func `every attack in the table has its test`() throws {
        try #require(Self.rows.count > 20)
        for row in Self.rows {
            let file = "\(Repository.root)/Tests/TabardRegistryTests/\(row.suite).swift"
            let text = String(decoding: try FileSystem.contents(of: file, limit: 1 << 20), as: UTF8.self)
            #expect(text.contains("func `\(row.test)`"), "\(row)")
        }
    }
}
