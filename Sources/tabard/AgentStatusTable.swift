import TabardCore
import TabardJSON

/// The state of an agent for people.
struct AgentStatusTable {
    let text: String

    init(_ root: JSONNode) throws(Failure) {
        var lines = [
            "agent \(try root.requireString("version")), process \(try root.requireInt64("process")) of user \(try root.requireInt64("user")), "
                + "up \(try Self.duration(root, "uptimeSeconds") ?? "?")",
            "socket         \(try root.requireString("socket"))", "settings       \(try root.requireString("configuration"))",
            "providers      \(try root.require("providers").asStrings().joined(separator: ", "))",
            "questions      \(try Self.counts(root.requireObject("questions")))",
            "cache          \(try Self.counts(root.requireObject("cache")))",
        ]
        let reloads = try root.requireObject("reloads")
        lines.append("read again     \(try reloads.requireInt64("succeeded")) times, \(try reloads.requireInt64("failed")) failed")
        if let failure = try reloads.optionalString("lastFailure") { lines.append("               \(failure)") }
        for complaint in try root.require("complaints").asStrings() { lines.append("not used: \(complaint)") }
        let rows = try root.requireArray("entries").map { (entry) throws(Failure) in try Self.row(entry) }
        if rows.isEmpty { lines.append("no entries") } else { lines += Self.table(rows) }
        text = lines.map { $0.escapingControlCharacters() }.joined(separator: "\n")
    }

    private static let head = ["PROVIDER", "SCOPE", "NAME", "FOR", "STATE", "ENTRIES", "EXPIRES", "REFRESH", "USED", "LAST FAILURE"]

    private static func row(_ entry: JSONNode) throws(Failure) -> [String] {
        [
            try entry.requireString("provider"), try entry.requireString("scope"), try entry.requireString("name"),
            try entry.requireString("identity"), try entry.requireString("state"), "\(try entry.requireInt64("entries"))",
            try duration(entry, "expiresInSeconds") ?? "-", try duration(entry, "refreshInSeconds") ?? "-",
            try entry.requireBool("used") ? "yes" : "no", try entry.optionalString("lastFailure") ?? "-",
        ].map { $0.isEmpty ? "-" : $0 }
    }

    private static func table(_ rows: [[String]]) -> [String] {
        let all = [head] + rows
        let widths = head.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            row.enumerated().map { column, cell in
                column == head.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }.joined(separator: "  ")
        }
    }

    private static func counts(_ node: JSONNode) -> String {
        node.members.map { "\($0.value.int64 ?? 0) \($0.key)" }.joined(separator: ", ")
    }

    private static func duration(_ node: JSONNode, _ key: String) throws(Failure) -> String? {
        try node.optionalInt64(key).map { GoDuration.format(.seconds($0)) }
    }
}
