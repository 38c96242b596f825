import Glibc
import TabardSystem

/// Every secret that a test of this process has looked for: no program of ours may show any of them, whichever test runs it.
public enum SuiteSecrets {
    /// Names the file in which the whole suite's secrets are noted, for `scripts/scan-secrets`; unset when only some tests are run.
    public static let variable = "TABARD_TEST_SECRETS"

    private static let known = Guarded<[String: SecretScan]>([:])

    /// Adds secrets.
    public static func note(_ secrets: [String]) {
        let new = known.withLock { known in
            let new = secrets.filter { known[$0] == nil }
            for secret in new { known[secret] = SecretScan(unnoted: [secret]) }
            return new
        }
        guard !new.isEmpty, let path = Environment.nonEmptyValue(variable), let file = fopen(path, "a") else { return }
        for secret in new { fputs(quoted(secret) + "\n", file) }
        fclose(file)
    }

    /// In which forms `text` holds any of them; empty is good.
    static func findings(in text: String) -> [String] {
        text.isEmpty ? [] : known.withLock { Array($0.values) }.flatMap { $0.findings(in: text) }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case " "..."~": quoted.unicodeScalars.append(scalar)
            default:
                for unit in String(scalar).utf16 {
                    quoted += "\\u" + String(repeating: "0", count: 4 - String(unit, radix: 16).count) + String(unit, radix: 16)
                }
            }
        }
        return quoted + "\""
    }
}
