import CTabardSystem
import Glibc

/// The environment variables of this process, read one by one: a cold start copies none that it does not need.
public enum Environment {
    /// The value of a variable, or nil when it is not set.
    public static func value(_ name: String) -> String? {
        guard let text = getenv(name) else { return nil }
        return String(cString: text)
    }

    /// The value of a variable that decides what code runs: nil also when the process has raised privileges (`AT_SECURE`).
    public static func trustedValue(_ name: String) -> String? {
        guard let text = tabard_secure_getenv(name) else { return nil }
        return String(cString: text)
    }

    /// The value of a variable that is set and not empty.
    public static func nonEmptyValue(_ name: String) -> String? {
        guard let text = value(name), !text.isEmpty else { return nil }
        return text
    }

    /// All variables, for children that need what their user has set. Of a name that stands there twice the first counts, as for getenv(3).
    public static var all: [String: String] {
        var variables: [String: String] = [:]
        guard var next = tabard_environment() else { return [:] }
        while let text = next.pointee {
            let variable = String(cString: text)
            if let equals = variable.utf8.firstIndex(of: UInt8(ascii: "=")) {
                let name = String(variable[..<equals])
                if variables[name] == nil { variables[name] = String(variable[variable.utf8.index(after: equals)...]) }
            }
            next += 1
        }
        return variables
    }
}
