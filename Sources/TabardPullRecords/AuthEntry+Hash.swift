import TabardCore
import TabardCrypto
import TabardJSON

extension AuthEntry {
    /// The kubelet's hash of a credential: SHA-256, in hexadecimal, of the docker configuration's fields as Go writes them in JSON.
    ///
    /// - Throws: When username or password is not UTF-8, which no docker configuration can hold.
    func credentialHash() throws(Failure) -> String {
        var json = JSONWriter()
        try json.object { json throws(Failure) in
            if !username.isEmpty { json.field("username", username) }
            guard !password.isEmpty else { return }
            let name =
                switch kind {
                case .basic: "password"
                case .identityToken: "identitytoken"
                case .registryToken: "registrytoken"
                }
            try json.field(name, password)
        }
        return json.finish().withBytes { bytes in
            var hash = SHA256()
            for byte in bytes {
                // These stand in strings alone, and Go escapes them there, for the sake of HTML.
                switch byte {
                case UInt8(ascii: "<"): hash.update("\\u003c")
                case UInt8(ascii: ">"): hash.update("\\u003e")
                case UInt8(ascii: "&"): hash.update("\\u0026")
                default: withUnsafeBytes(of: byte) { hash.update($0) }
                }
            }
            return hash.finish().hex
        }
    }
}
