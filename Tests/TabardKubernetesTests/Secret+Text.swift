import TabardCore

extension Secret {
    /// Its text, which in tests is no secret.
    var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}
