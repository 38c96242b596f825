import TabardCore
import TabardJSON

/// What the checks found about one plugin.
public struct ConformanceReport: Sendable {
    /// The file, as it was named.
    public let plugin: String
    /// One for each check that was asked for, in their order.
    public let results: [CheckResult]

    /// Whether all passed.
    public var passed: Bool { results.allSatisfy(\.passed) }

    /// One JSON object: `plugin`, `passed`, `checks` with `name`, `passed`, `detail` and `meaning`.
    public var json: String {
        var json = JSONWriter(.pretty)
        json.object { json in
            json.field("plugin", plugin)
            json.field("passed", passed)
            json.array("checks") { json in
                for result in results {
                    json.object { json in
                        json.field("name", result.check.rawValue)
                        json.field("passed", result.passed)
                        json.field("detail", result.detail)
                        json.field("meaning", result.check.meaning)
                    }
                }
            }
        }
        return String(decoding: json.finishBytes(), as: UTF8.self)
    }

    /// One line for each check, and one for all.
    public var text: String {
        var lines = results.map { result in
            let name = result.check.rawValue
            let padding = String(repeating: " ", count: max(1, 18 - name.utf8.count))
            let detail = result.detail.isEmpty ? "" : result.passed ? " (\(result.detail))" : ": \(result.detail)"
            return "\(result.passed ? "ok  " : "FAIL")  \(name)\(padding)\(result.check.meaning)\(detail)".escapingControlCharacters()
        }
        let failed = results.count { !$0.passed }
        lines.append("\(plugin.escapingControlCharacters()): \(results.count - failed) passed, \(failed) failed")
        return lines.joined(separator: "\n")
    }
}
