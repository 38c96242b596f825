import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// docs/pulling.md names a test for each attack, and the fault matrix for each fault: they are there.
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

    private func expectTest(_ test: String, in suite: String) throws {
        let folders = ["TabardRegistryTests", "EndToEndTests"].map { "\(Repository.root)/Tests/\($0)/\(suite).swift" }
        let file = try #require(folders.first { (try? FileStatus(of: $0)) != nil }, "\(suite)")
        let text = String(decoding: try FileSystem.contents(of: file, limit: 1 << 20), as: UTF8.self)
        #expect(text.contains("func `\(test)`"), "\(suite): \(test)")
    }

    @Test func `every attack in the table has its test`() throws {
        try #require(Self.rows.count > 20)
        for row in Self.rows { try expectTest(row.test, in: row.suite) }
    }

    @Test(arguments: try Fixtures.json("registry/fault-matrix.json").elements)
    func `every fault of the matrix has its test`(_ fault: JSONNode) throws {
        try expectTest(try fault.requireString("test"), in: try fault.requireString("suite"))
    }
}
