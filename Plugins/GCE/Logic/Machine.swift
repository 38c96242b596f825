/// Whether this machine is one of Google's, as its firmware says: decides how patiently a silent metadata server is asked.
enum Machine: Sendable, Equatable {
    /// A Compute Engine machine or a node made of one: the metadata server is there, though perhaps not yet.
    case google
    /// Another maker's machine: a metadata server would be a surprise.
    case other(String)
    /// The firmware says nothing (gVisor, Arm boards, some containers).
    case unknown

    init(productName: String?) {
        switch productName {
        case nil, "": self = .unknown
        case "Google", "Google Compute Engine": self = .google
        case let name?: self = .other(name)
        }
    }
}
