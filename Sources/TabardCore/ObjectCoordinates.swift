/// Which Secret or ServiceAccount of a cluster, as the kubelet's records of pulls name it.
public struct ObjectCoordinates: Sendable, Hashable {
    /// `metadata.uid`: another one after the object was deleted and made again. Empty in a manifest that no cluster has seen.
    public let uid: String
    /// `metadata.namespace`, possibly empty.
    public let namespace: String
    /// `metadata.name`.
    public let name: String

    /// Takes what the object's metadata says.
    public init(uid: String, namespace: String, name: String) {
        self.uid = uid
        self.namespace = namespace
        self.name = name
    }

    /// Whether both are one object for sure: without a uid, an object of another cluster could have the same name.
    public func isSameObject(as other: ObjectCoordinates) -> Bool { !uid.isEmpty && self == other }
}
