import TabardCore

/// One profile of the shared AWS files. Values stay secrets until somebody asks for a text.
struct AWSProfile: Sendable {
    /// Its name, without the word `profile`.
    let name: String
    /// By the lower-case names of the properties.
    var values: [String: Secret] = [:]

    /// A property that is no secret; nil when it is missing, empty or not UTF-8.
    func text(_ key: String) -> String? {
        secret(key).flatMap { value in value.withBytes { String(validating: $0, as: UTF8.self) } }
    }

    /// A property; nil when it is missing or empty.
    func secret(_ key: String) -> Secret? { values[key].flatMap { $0.isEmpty ? nil : $0 } }
}
