public import TabardCore

/// Who has pulled an image, and so may use it: the value of `credentialMapping` in the kubelet's records.
public struct RecordedCredentials: Sendable, Hashable {
    /// A secret that has pulled it.
    public struct RecordedSecret: Sendable, Hashable {
        /// Which one; empty fields for a login that was given without a Secret.
        public let coordinates: ObjectCoordinates
        /// The kubelet's hash of the credential in it; possibly empty.
        public let hash: String
    }

    /// In the order of namespace, name, uid and hash.
    public private(set) var secrets: [RecordedSecret] = []
    /// In the same order.
    public private(set) var serviceAccounts: [ObjectCoordinates] = []
    /// `nodePodsAccessible`: nobody's credential was needed, or the node's own was taken, so it is for everybody.
    public private(set) var isOpenToNode = false

    /// More secrets than these are not learnt from those who may use the image anyway.
    static let mostLearnt = 100
    /// Logins without a Secret are kept so far: nothing says which of them have ended.
    private static let mostLogins = 100

    /// Nobody.
    public init() {}

    init(secrets: [RecordedSecret] = [], serviceAccounts: [ObjectCoordinates] = [], isOpenToNode: Bool = false) {
        self.secrets = secrets.sorted(by: Self.precedes)
        self.serviceAccounts = serviceAccounts.sorted(by: Self.precedes)
        self.isOpenToNode = isOpenToNode
    }

    /// What the credential says that the registry took.
    ///
    /// - Parameter entry: nil when the registry wanted none.
    public init(of entry: AuthEntry?) throws(Failure) {
        switch entry?.owner ?? .node {
        case .node: isOpenToNode = true
        case .caller: secrets = [RecordedSecret(coordinates: .none, hash: try entry?.credentialHash() ?? "")]
        case .secret(let coordinates): secrets = [RecordedSecret(coordinates: coordinates, hash: try entry?.credentialHash() ?? "")]
        case .serviceAccount(let coordinates): serviceAccounts = [coordinates]
        }
    }

    /// Adds who has pulled it now. What is open to the node stays so, whoever pulls it next.
    ///
    /// - Returns: Whether anything is different.
    public mutating func merge(_ new: RecordedCredentials) -> Bool {
        guard !isOpenToNode else { return false }
        guard !new.isOpenToNode else {
            self = RecordedCredentials(isOpenToNode: true)
            return true
        }
        let before = self
        for secret in new.secrets where !secrets.contains(secret) {
            // The secret has a new password, or the login was given once without its Secret.
            secrets.removeAll { $0.coordinates.isSameObject(as: secret.coordinates) }
            let logins = secrets.filter { $0.coordinates == .none }
            if logins.count >= Self.mostLogins { secrets.removeAll { $0 == logins[0] } }
            secrets.append(secret)
        }
        for account in new.serviceAccounts where !serviceAccounts.contains(account) { serviceAccounts.append(account) }
        self = RecordedCredentials(secrets: secrets, serviceAccounts: serviceAccounts)
        return self != before
    }

    private static func precedes(_ left: RecordedSecret, _ right: RecordedSecret) -> Bool {
        left.coordinates == right.coordinates ? left.hash < right.hash : precedes(left.coordinates, right.coordinates)
    }

    private static func precedes(_ left: ObjectCoordinates, _ right: ObjectCoordinates) -> Bool {
        (left.namespace, left.name, left.uid) < (right.namespace, right.name, right.uid)
    }
}

extension ObjectCoordinates {
    /// Of no object.
    static let none = ObjectCoordinates(uid: "", namespace: "", name: "")
}
