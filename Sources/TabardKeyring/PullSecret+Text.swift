public import TabardCore
import TabardJSON

extension PullSecret {
    /// Reads what came with a question: a Secret, a List of them, or the docker config that a Secret would hold, in its new or old form.
    ///
    /// - Parameter name: What failures and origins call it.
    public static func parse(text bytes: Secret, name: String) throws(Failure) -> Reading {
        let root = try JSONDocument(reading: bytes, from: JSONSource(name, attempting: "reading pull secrets")).root.asObject()
        if let kind = root["kind"], kind.kind == .string { return try parse(bytes, file: name) }
        let format: DockerConfig.Format = root.field("auths") != nil || root.members.isEmpty ? .config : .legacy
        let config = try DockerConfig.parse(bytes, file: name, format: format, source: .pullSecret)
        return Reading(file: name, secrets: [PullSecret(namespace: nil, name: "", config: config)])
    }
}
