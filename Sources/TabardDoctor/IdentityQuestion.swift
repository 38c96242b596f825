import TabardConfig
import TabardCore
import TabardSystem

/// Whom a provider would ask its cloud as, in one place: a shell, or an entry of the kubelet's configuration.
struct IdentityQuestion {
    /// `this shell`, `the kubelet's entry provider-exec-ecr`.
    let place: String
    let files: NodeFiles
    /// The variables that the provider sees there.
    let variables: [String: String]
    /// What config.json says about the provider.
    let settings: ProviderConfiguration?
    /// Whether the kubelet sends a Pod's token along.
    let hasTokens: Bool
    let firmware: Firmware

    /// The value of a variable that is set and not empty; never to be shown.
    func variable(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// The value of a setting.
    func setting(_ key: String) -> String? { settings?.settings.first { $0.key == key }?.value }

    /// Where a shell's user has files.
    var home: String? { variable("HOME") }

    /// Why a file cannot be used, or nil when it can.
    func complaint(aboutFile path: String) -> String? {
        do throws(SystemError) {
            let status = try files.status(path)
            return status.kind == .regular || status.kind == .other ? nil : "it is no file"
        } catch {
            return error.meaning
        }
    }

    /// Whether everybody on the node can read a file.
    func isOpen(_ path: String) -> Bool { (try? files.status(path).mode).map { $0 & 0o004 != 0 } ?? false }
}
