public import TabardCore
public import TabardJSON
import TabardKeyring
import TabardYAML

/// One object of a manifest: a document of a YAML or JSON file, or an item of a List in it.
public struct KubernetesObject: Sendable {
    /// The file, as it was named.
    public let file: String
    /// `Pod`, `Secret`, `Deployment` and so on.
    public let kind: String
    /// `metadata.name`; empty when there is none.
    public let name: String
    /// `metadata.generateName`, from which the API server would make a name; empty when there is none.
    private let nameStart: String
    /// `metadata.namespace`, or nil when the file does not say.
    public let namespace: String?
    /// The object itself.
    public let node: JSONNode

    /// For people: `Deployment shop/web`.
    public var title: String { "\(kind) \(namespace.map { "\($0)/" } ?? "")\(shownName)" }

    private var shownName: String {
        if !name.isEmpty { return name }
        return nameStart.isEmpty ? "without a name" : "\(nameStart)…"
    }

    /// Reads the objects in a file, in its order.
    ///
    /// - Parameter attempting: What failures say is being done, as a gerund.
    /// - Throws: `.notFound` or `.local` when it cannot be read, `.invalid` when it is no manifest.
    public static func load(_ path: String, attempting: String) throws(Failure) -> [KubernetesObject] {
        let bytes: Secret
        do {
            bytes = try SecretFile.read(path)
        } catch {
            throw SecretFile.failure(error, attempting: attempting, on: path)
        }
        return try parse(bytes, file: path, attempting: attempting)
    }

    /// Reads the objects in the bytes of a file; Lists of every kind are taken apart, and documents with nothing in them are passed over.
    public static func parse(_ bytes: Secret, file: String, attempting: String) throws(Failure) -> [KubernetesObject] {
        var objects: [KubernetesObject] = []
        for document in try YAMLStream.documentsOrJSON(in: bytes, from: JSONSource(file, attempting: attempting)) {
            try append(document.root, kind: nil, file: file, to: &objects)
        }
        return objects
    }

    /// - Parameter kind: What an item is that does not say: those of a `SecretList` are Secrets.
    private static func append(_ node: JSONNode, kind: String?, file: String, to objects: inout [KubernetesObject]) throws(Failure) {
        guard let kind = try node.optionalString("kind") ?? kind, !kind.isEmpty else {
            throw node.failure(
                "has no kind, so it is no Kubernetes object",
                advice: "give what kubectl takes with -f, or gives with: kubectl get … -o yaml")
        }
        if kind.hasSuffix("List"), let items = try node.optionalArray("items") {
            let itemKind = String(kind.dropLast("List".count))
            for item in items { try append(item, kind: itemKind.isEmpty ? nil : itemKind, file: file, to: &objects) }
            return
        }
        let metadata = try node.optionalObject("metadata")
        let namespace = try metadata?.optionalString("namespace") ?? ""
        objects.append(
            KubernetesObject(
                file: file, kind: kind, name: try metadata?.optionalString("name") ?? "",
                nameStart: try metadata?.optionalString("generateName") ?? "", namespace: namespace.isEmpty ? nil : namespace, node: node))
    }
}
