public import TabardCore
import TabardCrypto

extension AgentQuestion {
    /// What tells one login from another without showing it: the SHA-256 over its parts, in hexadecimal digits.
    public static func mark(of entry: AuthEntry) -> String {
        var hash = SHA256()
        for text in [entry.kind.rawValue, entry.username] {
            hash.update(text)
            // In no user name that a registry could take.
            hash.update([0])
        }
        entry.password.withBytes { hash.update($0) }
        return hash.finish().hex
    }
}
