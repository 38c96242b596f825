import TabardCore

/// Whose machine this is, by what its firmware says (DMI); no metadata server is asked.
struct Firmware: Sendable {
    /// The makers whose registries have a provider here.
    enum Cloud: String, Sendable {
        case amazon
        case azure
        case google
        /// The firmware names somebody else.
        case other
        /// The firmware says nothing (gVisor, some Arm boards, containers without /sys).
        case unknown
    }

    let cloud: Cloud
    /// The field that said so, with its text.
    let evidence: String

    /// What Azure, and no other Hyper-V, calls its chassis.
    private static let azureChassis = "7783-7084-3265-9085-8269-3286-77"

    /// Reads the fields in a folder such as /sys/class/dmi/id, by the rules of the three plugins.
    init(_ files: NodeFiles, folder: String) {
        func field(_ name: String) -> String {
            let bytes = (try? files.contents("\(folder)/\(name)")) ?? []
            return String(decoding: bytes.prefix(256).prefix { $0 >= 0x20 }, as: UTF8.self)
        }
        let (vendor, product, bios) = (field("sys_vendor"), field("product_name"), field("bios_version"))
        let chassis = field("chassis_asset_tag")
        func told(_ name: String, _ text: String) -> String { "\(name) is \"\(text.prefix(80))\"" }
        if vendor == "Google" || ["Google", "Google Compute Engine"].contains(product) {
            (cloud, evidence) = (.google, vendor == "Google" ? told("sys_vendor", vendor) : told("product_name", product))
        } else if let hit = [("sys_vendor", vendor), ("product_name", product), ("bios_version", bios)]
            .first(where: { $0.1.lowercased().contains(text: "amazon") })
        {
            (cloud, evidence) = (.amazon, told(hit.0, hit.1))
        } else if chassis == Self.azureChassis {
            (cloud, evidence) = (.azure, told("chassis_asset_tag", chassis))
        } else if chassis.isEmpty, vendor == "Microsoft Corporation", product == "Virtual Machine" {
            (cloud, evidence) = (.azure, told("sys_vendor", vendor))
        } else if let hit = [("product_name", product), ("sys_vendor", vendor)].first(where: { !$0.1.isEmpty }) {
            (cloud, evidence) = (.other, told(hit.0, hit.1))
        } else {
            (cloud, evidence) = (.unknown, "")
        }
    }
}
