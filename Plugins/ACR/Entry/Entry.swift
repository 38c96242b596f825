public import CTabard
import TabardACR
import TabardPluginKit

/// The plugin's one symbol; see tabard.h.
@c @implementation
public func tabard_plugin_entry_v1(
    _ host: UnsafePointer<tabard_host_v1>!, _ plugin: UnsafeMutablePointer<UnsafePointer<tabard_plugin_v1>?>!
) -> tabard_status {
    PluginExport.entry(host, plugin, version: "0.1.0", vendor: "Tabard", providers: [ACRProvider.self])
}
