public import TabardCore
import TabardJSON

extension PullSecret {
    /// Reads what came with a question, as JSON: a Secret, a List of them, or the docker config that a Secret would hold, in its new or old
    /// form.
    ///
    /// - Parameter name: What failures and origins call it.
    public static func parse(text bytes: Secret, name: String) throws(Failure) -> Reading {
        let root = try JSONDocument(reading: bytes, from: JSONSource(name, attempting: "reading pull secrets")).root.asObject()
        if let kind = root["kind"]?.string { return try parse(root, kind: kind, name: name) }
        let format: DockerConfig.Format = root.field("auths") != nil || root.members.isEmpty ? .config : .legacy
        let config = try DockerConfig.parse(bytes, file: name, format: format, source: .pullSecret)
        return Reading(file: name, secrets: [PullSecret(namespace: nil, name: "", config: config)])
    }

    private static func parse(_ root: JSONNode, kind: String, name: String) throws(Failure) -> Reading {
        guard ["Secret", "List", "SecretList"].contains(kind) else { throw root.failure("is a \(kind), not a Secret") }
        var reading = Reading(file: name)
        for item in kind == "Secret" ? [root] : try root.optionalArray("items") ?? [] {
            // A list may hold anything; what is of another kind is somebody else's.
            guard kind != "List" || item["kind"]?.string == "Secret" else { continue }
            reading.take(item)
        }
        return reading
    }
}
