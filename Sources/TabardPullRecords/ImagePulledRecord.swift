import TabardCore
import TabardJSON

/// The kubelet's `ImagePulledRecord`: who has pulled one image, by the names it was pulled under.
struct ImagePulledRecord: Sendable, Equatable {
    /// What the image is on this machine: here the digest of its manifest or index.
    let imageRef: String
    /// When it was changed last.
    var lastUpdated: UTCTime
    /// By registry and repository, without tag and digest.
    var credentials: [String: RecordedCredentials] = [:]

    static let group = "kubelet.config.k8s.io"
    /// Of Kubernetes 1.35.
    static let version = "\(group)/v1beta1"
    /// Of Kubernetes 1.33 and 1.34, whose secrets have another name.
    private static let oldVersion = "\(group)/v1alpha1"
    private static let attempting = "reading the record of a pull"

    init(imageRef: String, lastUpdated: UTCTime) {
        self.imageRef = imageRef
        self.lastUpdated = lastUpdated
    }

    /// Reads a record, strictly: who may use an image is not to be guessed.
    init(_ bytes: [UInt8], file: String) throws(Failure) {
        let document = try JSONDocument(reading: bytes, from: JSONSource(file, attempting: Self.attempting, code: .corrupted))
        try document.refuseDuplicateKeys()
        let root = try document.root.asObject()
        try root.refuseUnknownMembers(known: ["kind", "apiVersion", "lastUpdatedTime", "imageRef", "credentialMapping"])
        let version = try root.requireString("apiVersion")
        guard try root.requireString("kind") == "ImagePulledRecord", version == Self.version || version == Self.oldVersion else {
            throw root.failure("is no ImagePulledRecord of \(Self.version)")
        }
        imageRef = try root.requireString("imageRef")
        guard let time = UTCTime(rfc3339: try root.requireString("lastUpdatedTime")) else {
            throw try root.require("lastUpdatedTime").failure("is no time")
        }
        lastUpdated = time
        let secrets = version == Self.version ? "kubernetesSecrets" : "kubernetesSecretCoordinates"
        for member in try root.optionalObject("credentialMapping")?.members ?? [] {
            credentials[member.key] = try Self.credentials(member.value, secrets: secrets)
        }
    }

    private static func credentials(_ node: JSONNode, secrets key: String) throws(Failure) -> RecordedCredentials {
        try node.asObject()
        try node.refuseUnknownMembers(known: [key, "kubernetesServiceAccounts", "nodePodsAccessible"])
        let secrets = try (node.optionalArray(key) ?? []).map { node throws(Failure) in
            RecordedCredentials.RecordedSecret(
                coordinates: try coordinates(node, beside: ["credentialHash"]), hash: try node.optionalString("credentialHash") ?? "")
        }
        let accounts = try (node.optionalArray("kubernetesServiceAccounts") ?? []).map { node throws(Failure) in
            try coordinates(node, beside: [])
        }
        return RecordedCredentials(
            secrets: secrets, serviceAccounts: accounts, isOpenToNode: try node.optionalBool("nodePodsAccessible") ?? false)
    }

    private static func coordinates(_ node: JSONNode, beside others: [String]) throws(Failure) -> ObjectCoordinates {
        try node.asObject()
        try node.refuseUnknownMembers(known: ["uid", "namespace", "name"] + others)
        return ObjectCoordinates(
            uid: try node.optionalString("uid") ?? "", namespace: try node.optionalString("namespace") ?? "",
            name: try node.optionalString("name") ?? "")
    }

    /// The record in the kubelet's newest form.
    var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("kind", "ImagePulledRecord")
            json.field("apiVersion", Self.version)
            json.field("lastUpdatedTime", lastUpdated.rfc3339)
            json.field("imageRef", imageRef)
            json.object("credentialMapping") { json in
                for (name, credentials) in credentials.sorted(by: { $0.key < $1.key }) {
                    json.object(name) { json in Self.write(credentials, into: &json) }
                }
            }
        }
        return json.finishBytes()
    }

    private static func write(_ credentials: RecordedCredentials, into json: inout JSONWriter) {
        if !credentials.secrets.isEmpty {
            json.array("kubernetesSecrets") { json in
                for secret in credentials.secrets {
                    json.object { json in
                        write(secret.coordinates, into: &json)
                        json.field("credentialHash", secret.hash)
                    }
                }
            }
        }
        if !credentials.serviceAccounts.isEmpty {
            json.array("kubernetesServiceAccounts") { json in
                for account in credentials.serviceAccounts { json.object { json in write(account, into: &json) } }
            }
        }
        if credentials.isOpenToNode { json.field("nodePodsAccessible", true) }
    }

    private static func write(_ coordinates: ObjectCoordinates, into json: inout JSONWriter) {
        json.field("uid", coordinates.uid)
        json.field("namespace", coordinates.namespace)
        json.field("name", coordinates.name)
    }
}
