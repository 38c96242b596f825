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

    /// The variables whose name is one of `names` or begins with one of `prefixes`, as `NAME=value`, sorted by bytes.
    public static func variables(named names: [StaticString], orBeginningWith prefixes: [StaticString]) -> [String] {
        guard var next = tabard_environment() else { return [] }
        var found: [String] = []
        while let text = next.pointee {
            next += 1
            let isNamed = names.contains { strncmp(text, $0.utf8Start, $0.utf8CodeUnitCount) == 0 && text[$0.utf8CodeUnitCount] == 0x3D }
            guard isNamed || prefixes.contains(where: { strncmp(text, $0.utf8Start, $0.utf8CodeUnitCount) == 0 }) else { continue }
            found.append(String(cString: text))
        }
        return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
