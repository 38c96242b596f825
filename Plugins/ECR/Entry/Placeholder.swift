public import CTabard

/// Refuses until the provider is there.
@c @implementation
public func tabard_plugin_entry_v1(
    _ host: UnsafePointer<tabard_host_v1>!, _ plugin: UnsafeMutablePointer<UnsafePointer<tabard_plugin_v1>?>!
) -> tabard_status {
    TABARD_E_UNSUPPORTED
}
