import CTabard
import TabardCore
import TabardSystem

/// Who a host table was made for: the `host_data` behind it.
final class PluginContext: Sendable {
    /// The plugin's file name, as log lines show it.
    let plugin: String
    let services: HostServices
    /// Which programs it may run.
    let trust: PluginTrust

    init(plugin: String, services: HostServices, trust: PluginTrust = .ownersOnly) {
        self.plugin = plugin
        self.services = services
        self.trust = trust
    }

    /// The context of a table that `HostServices.table(for:)` made, which holds one reference for ever.
    static func of(_ host: UnsafePointer<tabard_host_v1>?) -> PluginContext? {
        guard let data = host?.pointee.host_data else { return nil }
        return Unmanaged<PluginContext>.fromOpaque(data).takeUnretainedValue()
    }

    /// Says a line with the plugin's name and the call that this thread works on.
    func log(_ level: LogLevel, _ text: @autoclosure () -> String) {
        let mark = ThreadMark.current
        services.log(level, mark == 0 ? "\(plugin): \(text())" : "\(plugin)[\(mark)]: \(text())")
    }
}
