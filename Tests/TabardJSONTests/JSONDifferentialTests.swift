import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// The same documents to this reader and to Python's: whole ones, and what is left of them after hostile changes.
@Suite struct JSONDifferentialTests {
    @Test func `Python accepts the same documents with the same values`() throws {
        // Another seed each time, so that every run looks at something new; TABARD_SEED repeats one.
        let seed = Environment.nonEmptyValue("TABARD_SEED").flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)
        print("seed: TABARD_SEED=\(seed)")
        var generator = JSONGenerator(seed: seed)
        let documents = (0..<2000).flatMap { _ -> [[UInt8]] in
            let whole = generator.document()
            return [whole] + (0..<3).map { _ in generator.damaged(whole) }
        }
        let answers = try PythonOracle("json_values.py").answers(to: documents.map(hexadecimal))
        var accepted = 0
        for (bytes, theirs) in zip(documents, answers) {
            let ours: String
            do {
                let document = try JSONDocument(parsing: bytes, limits: JSONLimits(bytes: 1 << 20, depth: 400, values: 100_000))
                ours = "accepted \(document.duplicateKeys.count) \(document.root.canonical(JSONNode.numberDetails))"
                accepted += 1
            } catch {
                ours = "refused"
                #expect(error.position.offset <= bytes.count)
            }
            #expect(ours == theirs, "seed \(seed), document \(hexadecimal(bytes))")
        }
        // Neither side may agree by refusing everything.
        #expect(accepted >= 2000)
        #expect(accepted < documents.count - 1000)
    }
}
