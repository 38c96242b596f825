import TabardCore
import TabardSystem

/// The environment variables that AWS's own tools read too.
struct AWSEnvironment: Sendable {
    /// The value of a variable, or nil when it is not set.
    let value: @Sendable (String) -> String?

    /// The variables of this process.
    static let process = AWSEnvironment { Environment.value($0) }

    /// The first of these variables that is set and not empty.
    func text(_ names: String...) -> String? {
        for name in names {
            if let value = value(name), !value.isEmpty { return value }
        }
        return nil
    }

    /// A variable that says `true` or `false`, in any case; nil when it is not set.
    func flag(_ name: String) throws(Failure) -> Bool? {
        guard let value = text(name) else { return nil }
        switch value.lowercased() {
        case "true": return true
        case "false": return false
        default:
            throw Failure(
                .invalid, attempting: "reading the environment", on: name, reason: "\"\(value.prefix(40))\" is neither true nor false",
                advice: "set it to true or false, or unset it")
        }
    }

    /// The region that is named for this process, and the variable that names it.
    func region() throws(Failure) -> String? {
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            if let region = text(name) { return try AWSRegion.checked(region, from: name) }
        }
        return nil
    }
}
