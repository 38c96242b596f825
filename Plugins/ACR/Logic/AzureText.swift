import TabardCore

/// What texts of the operator must look like before anything is sent.
enum AzureText {
    /// A directory. It becomes a part of a path: nothing that would lead elsewhere.
    static func tenant(_ text: String, from place: String) throws(Failure) -> String {
        let bytes = text.utf8
        guard (1...253).contains(bytes.count), bytes.allSatisfy({ isNameByte($0) || $0 == UInt8(ascii: ".") }), !text.contains(text: ".."),
            bytes.first != UInt8(ascii: "."), bytes.last != UInt8(ascii: ".")
        else {
            throw Failure(
                .invalid, attempting: "reading the Azure tenant", on: place, reason: "it is neither a tenant id nor a domain",
                advice: "write it as 00000000-0000-0000-0000-000000000000 or example.onmicrosoft.com")
        }
        return text
    }

    /// An application.
    static func client(_ text: String, from place: String) throws(Failure) -> String {
        guard (1...100).contains(text.utf8.count), text.utf8.allSatisfy({ isNameByte($0) }) else {
            throw Failure(
                .invalid, attempting: "reading the Azure client id", on: place, reason: "it has characters that no application id has",
                advice: "write the application (client) id, such as 00000000-0000-0000-0000-000000000000; look for a line break or a quote")
        }
        return text
    }

    /// A secret on one line.
    ///
    /// - Parameter isFile: The line break at the end, which editors leave in files, is no part of the secret.
    static func secret(_ content: Secret, from place: String, isFile: Bool = false) throws(Failure) -> Secret {
        let secret = content.withBytes { bytes in
            let end = !isFile ? bytes.count : bytes.lastIndex { $0 != 0x0A && $0 != 0x0D }.map { $0 + 1 } ?? 0
            return Secret(copying: UnsafeRawBufferPointer(rebasing: bytes[..<end]))
        }
        guard !secret.isEmpty, secret.withBytes({ $0.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }) else {
            throw Failure(
                .invalid, attempting: "reading the client secret", on: place,
                reason: secret.isEmpty ? "it is empty" : "it holds a byte that no client secret has",
                advice: "put the secret's value there, on one line and nothing else")
        }
        return secret
    }

    /// A token of another issuer.
    static func token(_ content: Secret, from place: String) throws(Failure) -> Secret {
        let token = content.withBytes { bytes in
            let end = bytes.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? 0
            return Secret(copying: UnsafeRawBufferPointer(rebasing: bytes[..<end]))
        }
        guard !token.isEmpty, token.withBytes({ $0.allSatisfy { (0x21...0x7E).contains($0) } }) else {
            throw Failure(
                .invalid, attempting: "reading the federated token", on: place,
                reason: token.isEmpty ? "it is empty" : "it is no token of one line", advice: "check what writes it")
        }
        return token
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
