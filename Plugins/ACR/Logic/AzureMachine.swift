import TabardCore
import TabardSystem

/// Whether this machine is one of Azure's: decides how patiently Azure is asked when nothing answers.
struct AzureMachine: Sendable {
    let surroundings: Surroundings
    /// The setting `azure`; nil leaves it to the firmware.
    let setting: Bool?
    /// Whether the operator set something up that exists on Azure alone.
    let isConfigured: Bool

    /// Variables that only somebody sets who expects an answer of Azure.
    private static let variables = ["AZURE_FEDERATED_TOKEN_FILE", "AZURE_POD_IDENTITY_AUTHORITY_HOST"]
    /// What Azure, and no other Hyper-V, calls its chassis.
    private static let chassis = "7783-7084-3265-9085-8269-3286-77"

    /// What the setting says, else variables and firmware. A firmware that says nothing is not Azure's.
    ///
    /// `TABARD_DMI_FOLDER` names a folder in place of /sys/class/dmi/id.
    var isAzures: Bool {
        if let setting { return setting }
        if isConfigured || Self.variables.contains(where: { surroundings.variable($0) != nil }) { return true }
        if let tag = field("chassis_asset_tag") { return tag == Self.chassis }
        return field("sys_vendor") == "Microsoft Corporation" && field("product_name") == "Virtual Machine"
    }

    private func field(_ name: String) -> String? {
        let folder = surroundings.variable("TABARD_DMI_FOLDER") ?? "/sys/class/dmi/id"
        guard let content = try? surroundings.file("\(folder)/\(name)") else { return nil }
        let text = content.withBytes { String(decoding: $0.prefix(256).prefix { $0 >= 0x20 }, as: UTF8.self) }
        return text.isEmpty ? nil : text
    }
}
