import TabardCore
import TabardCrypto

extension SigV4Signer {
    /// Fields that proxies add or change on the way, and what the signer writes itself.
    private static let neverSigned: Set<String> = [
        "authorization", "expect", "host", "transfer-encoding", "user-agent", "x-amz-date", "x-amz-security-token", "x-amzn-trace-id",
    ]

    /// One canonical header: a lower-case name and every value given under it.
    struct SignedField {
        let name: String
        var values: [FieldValue]
    }

    /// The fields that are signed, sorted by name; values of one name stay in their order.
    func signedFields(of request: SigV4Request, adding added: [(name: String, value: FieldValue)]) -> [SignedField] {
        let addedNames = added.map { $0.name.lowercased() }
        let own = request.headers.filter { field in
            let name = field.name.lowercased()
            return !Self.neverSigned.contains(name) && !addedNames.contains(name)
        }
        var fields: [SignedField] = []
        for field in [(name: "host", value: FieldValue.text(request.host))] + own + added {
            let name = field.name.lowercased()
            if let index = fields.firstIndex(where: { $0.name == name }) {
                fields[index].values.append(field.value)
            } else {
                fields.append(SignedField(name: name, values: [field.value]))
            }
        }
        return fields.sorted { $0.name < $1.name }
    }

    func names(of fields: [SignedField]) -> String { fields.map(\.name).joined(separator: ";") }

    /// The canonical request: what both sides must build byte for byte. A secret, because a session token can be in it.
    func canonicalRequest(_ request: SigV4Request, fields: [SignedField], query: Secret) -> Secret {
        var text = SecretBuffer(capacity: 1024)
        text.append("\(request.method)\n\(canonicalPath(request.path))\n")
        text.append(query)
        text.append("\n")
        for field in fields {
            text.append("\(field.name):")
            for (index, value) in field.values.enumerated() {
                if index > 0 { text.append(",") }
                text.append(collapsing: value)
            }
            text.append("\n")
        }
        text.append("\n\(names(of: fields))\n\(payloadDigest(request.payload))")
        return text.freeze()
    }

    func needsPayloadField(_ request: SigV4Request) -> Bool {
        if case .unsigned = request.payload { return true }
        return options.sendsPayloadDigest
    }

    func payloadDigest(_ payload: SigV4Request.Payload) -> String {
        switch payload {
        case .empty: SHA256.hash([]).hex
        case .bytes(let body): body.withBytes { SHA256.hash($0) }.hex
        case .digest(let digest): digest.hex
        case .unsigned: "UNSIGNED-PAYLOAD"
        }
    }

    private func canonicalPath(_ path: String) -> String {
        var path = path.isEmpty ? "/" : path
        if options.normalizesPath { path = normalised(path) }
        return options.encodesPathTwice ? PercentEncoding.encode(path, keeping: "/") : path
    }

    /// The path without `.`, `..` and empty segments. Only a slash that was the last character stays one, as AWS's own signers have it.
    private func normalised(_ path: String) -> String {
        var segments: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment == ".." { _ = segments.popLast() } else { segments.append(segment) }
        }
        return "/" + segments.joined(separator: "/") + (path.utf8.last == 0x2F && !segments.isEmpty ? "/" : "")
    }

    /// The canonical query: encoded, then sorted by name and value.
    func encodedQuery(_ items: [(name: String, value: FieldValue)]) -> Secret {
        joined(
            encodedItems(items).sorted { left, right in
                // The one secret value has a name of its own, so values are compared only where both are text.
                if left.name == right.name, case .text(let first) = left.value, case .text(let second) = right.value {
                    return first < second
                }
                return left.name < right.name
            })
    }

    func encodedItems(_ items: [(name: String, value: FieldValue)]) -> [(name: String, value: FieldValue)] {
        items.map { item in
            switch item.value {
            case .text(let text):
                return (PercentEncoding.encode(item.name), .text(PercentEncoding.encode(text)))
            case .secret(let secret):
                var encoded = SecretBuffer(capacity: secret.count * 3)
                encoded.append(percentEncoding: secret)
                return (PercentEncoding.encode(item.name), .secret(encoded.freeze()))
            }
        }
    }

    /// Items that are encoded already, as one query.
    func joined(_ items: [(name: String, value: FieldValue)]) -> Secret {
        var text = SecretBuffer(capacity: 512)
        for (index, item) in items.enumerated() {
            if index > 0 { text.append("&") }
            text.append("\(item.name)=")
            item.value.withBytes { text.append($0) }
        }
        return text.freeze()
    }
}
