internal import TabardPluginKit

/// Whether this machine is one of Google's, as its operator or its firmware says: decides how patiently a silent metadata server is asked.
enum Machine: Sendable, Equatable {
    /// A Compute Engine machine or a node made of one: the metadata server is there, though perhaps not yet.
    case google
    /// Another maker's machine, and who says so: a metadata server would be a surprise.
    case other(String)
    /// The firmware says nothing (gVisor, Arm boards, some containers).
    case unknown

    /// The setting that overrules the firmware.
    static let setting = SettingDescription(
        "gce",
        "whether this machine is Google's, so that its metadata server is waited for until the deadline; default: what its firmware says",
        kind: .flag)

    init(setting: String?, surroundings: Surroundings) {
        if let setting {
            self = setting == "true" ? .google : .other("the setting gce says so")
            return
        }
        let product = surroundings.firmware("product_name") ?? ""
        let vendor = surroundings.firmware("sys_vendor") ?? ""
        if product == "Google" || product == "Google Compute Engine" || vendor == "Google" {
            self = .google
        } else if let name = [product, vendor].first(where: { !$0.isEmpty }) {
            self = .other("its firmware says \"\(name.prefix(80))\"")
        } else {
            self = .unknown
        }
    }
}
