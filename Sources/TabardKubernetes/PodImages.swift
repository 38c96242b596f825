public import TabardCore
public import TabardJSON
public import TabardRegistry

/// What a Pod wants pulled, or what the Pods will want that a Deployment, Job or another object makes.
public struct PodImages: Sendable {
    /// One image, and who wants it.
    public struct Want: Sendable {
        /// `container`, `init container`, `ephemeral container` or `image volume`.
        public let role: String
        /// The name of the container or volume.
        public let name: String
        /// As it is written; it may be no name of an image.
        public let image: String
        /// `imagePullPolicy`, or nil when it is not given.
        public let policy: PullPolicy?
        /// Its place in the file, for failures.
        public let node: JSONNode
    }

    /// The object whose file this is from.
    public let object: KubernetesObject
    /// `serviceAccountName`, which is `default` when nobody says.
    public let serviceAccount: String
    /// The names in `imagePullSecrets`.
    public let pullSecrets: [String]
    /// In the order in which a kubelet pulls them: volumes, init containers, containers; then ephemeral containers.
    public let wants: [Want]

    /// The way to the specification of a Pod, for each kind that has one.
    private static let paths: [String: [String]] = [
        "Pod": ["spec"], "PodTemplate": ["template", "spec"], "Deployment": ["spec", "template", "spec"],
        "StatefulSet": ["spec", "template", "spec"], "DaemonSet": ["spec", "template", "spec"], "ReplicaSet": ["spec", "template", "spec"],
        "ReplicationController": ["spec", "template", "spec"], "Job": ["spec", "template", "spec"],
        "CronJob": ["spec", "jobTemplate", "spec", "template", "spec"],
    ]

    /// Reads an object; nil when it is of a kind that has no Pod in it.
    public init?(_ object: KubernetesObject) throws(Failure) {
        guard let path = Self.paths[object.kind] else { return nil }
        var spec = object.node
        for step in path { spec = try spec.requireObject(step) }
        self.object = object
        var account = try spec.optionalString("serviceAccountName") ?? ""
        if account.isEmpty { account = try spec.optionalString("serviceAccount") ?? "" }
        serviceAccount = account.isEmpty ? "default" : account
        pullSecrets = try Self.names(in: spec)
        wants =
            try Self.volumes(in: spec) + Self.containers("initContainers", "init container", in: spec)
            + Self.containers("containers", "container", in: spec) + Self.containers("ephemeralContainers", "ephemeral container", in: spec)
    }

    /// The names in `imagePullSecrets` of a Pod's specification or of a ServiceAccount; empty names count as none.
    static func names(in node: JSONNode) throws(Failure) -> [String] {
        var names: [String] = []
        for reference in try node.optionalArray("imagePullSecrets") ?? [] {
            if let name = try reference.optionalString("name"), !name.isEmpty { names.append(name) }
        }
        return names
    }

    private static func containers(_ key: String, _ role: String, in spec: JSONNode) throws(Failure) -> [Want] {
        var wants: [Want] = []
        for container in try spec.optionalArray(key) ?? [] {
            wants.append(
                Want(
                    role: role, name: try container.optionalString("name") ?? "", image: try container.requireString("image"),
                    policy: try policy("imagePullPolicy", of: container), node: try container.require("image")))
        }
        return wants
    }

    private static func volumes(in spec: JSONNode) throws(Failure) -> [Want] {
        var wants: [Want] = []
        for volume in try spec.optionalArray("volumes") ?? [] {
            guard let source = try volume.optionalObject("image") else { continue }
            wants.append(
                Want(
                    role: "image volume", name: try volume.optionalString("name") ?? "", image: try source.requireString("reference"),
                    policy: try policy("pullPolicy", of: source), node: try source.require("reference")))
        }
        return wants
    }

    private static func policy(_ key: String, of node: JSONNode) throws(Failure) -> PullPolicy? {
        guard let text = try node.optional(key), let name = Optional(try text.asString()), !name.isEmpty else { return nil }
        guard let policy = PullPolicy(rawValue: name) else {
            throw text.failure("is none of Always, IfNotPresent and Never", advice: "the words are written exactly so")
        }
        return policy
    }
}
