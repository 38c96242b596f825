import TabardJSON
import Testing

/// One object of a case file, as a test argument whose name is the JSON of its members.
struct FixtureCase: Sendable, CustomTestStringConvertible {
    let node: JSONNode
    init(_ node: JSONNode) { self.node = node }

    var testDescription: String {
        node.members.map { "\($0.key) \(String(describing: $0.value.string ?? $0.value.bool.map(String.init) ?? "null").prefix(60))" }
            .joined(separator: ", ")
    }
}
