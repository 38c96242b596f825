public import CTabard
internal import TabardGCE
internal import TabardPluginKit

/// The one symbol of `libtabard-gce.so`.
@c @implementation
public func tabard_plugin_entry_v1(
    _ host: UnsafePointer<tabard_host_v1>!, _ plugin: UnsafeMutablePointer<UnsafePointer<tabard_plugin_v1>?>!
) -> tabard_status {
    PluginExport.entry(host, plugin, version: GooglePlugin.version, vendor: "Tabard", providers: GooglePlugin.providers)
}
