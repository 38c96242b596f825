public import CTabard
import TabardPluginKit
import TokenService

/// The plugin's one symbol; see tabard.h.
@c @implementation
public func tabard_plugin_entry_v1(
    _ host: UnsafePointer<tabard_host_v1>!, _ plugin: UnsafeMutablePointer<UnsafePointer<tabard_plugin_v1>?>!
) -> tabard_status {
    PluginExport.entry(host, plugin, version: "1.0.0", vendor: "Example", providers: [TokenServiceProvider.self])
}
