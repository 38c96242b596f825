import TabardCore
import TabardSystem

/// Whether this machine is one of Amazon's: decides how patiently AWS is asked when nothing answers.
struct AWSMachine: Sendable {
    let environment: AWSEnvironment
    /// The setting `ec2`; nil leaves it to the firmware.
    let setting: Bool?

    /// What firmware says: `Amazon EC2` as sys_vendor on Nitro, `4.11.amazon` as bios_version on Xen.
    private static let fields = ["sys_vendor", "product_name", "bios_version"]

    /// Variables that only somebody sets who expects an answer of AWS.
    private static let variables = [
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    ]

    /// What the setting says, else variables and firmware. A firmware that says nothing is not Amazon's.
    ///
    /// `TABARD_DMI_FOLDER` names a folder in place of /sys/class/dmi/id.
    var isAmazons: Bool {
        if let setting { return setting }
        if Self.variables.contains(where: { environment.text($0) != nil }) { return true }
        let folder = environment.text("TABARD_DMI_FOLDER") ?? "/sys/class/dmi/id"
        return Self.fields.contains { field in
            guard let content = try? environment.file("\(folder)/\(field)") else { return false }
            return content.withBytes { String(decoding: $0.prefix(256), as: UTF8.self) }.lowercased().contains(text: "amazon")
        }
    }
}
