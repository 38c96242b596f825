public import CTabard
internal import TabardCore

/// Makes Swift providers a plugin: the body of the one function that a plugin exports.
///
/// ```swift
/// @c @implementation
/// public func tabard_plugin_entry_v1(
///     _ host: UnsafePointer<tabard_host_v1>!, _ plugin: UnsafeMutablePointer<UnsafePointer<tabard_plugin_v1>?>!
/// ) -> tabard_status {
///     PluginExport.entry(host, plugin, version: "1.0.0", vendor: "Example", providers: [MyProvider.self])
/// }
/// ```
public enum PluginExport {
    /// Stores the plugin's table, made on the first call and never freed; the same providers get the same table again.
    ///
    /// - Parameters:
    ///   - host: As the host passed it.
    ///   - plugin: As the host passed it.
    ///   - version: The plugin's own: `1.4.2`.
    ///   - vendor: Who answers for it.
    ///   - providers: The types, each with an id of its own.
    /// - Returns: TABARD_OK; TABARD_E_INVALID when the host passed NULL; TABARD_E_INTERNAL, with a line in the host's log, when a descriptor
    ///   is malformed.
    public static func entry(
        _ host: UnsafePointer<tabard_host_v1>?, _ plugin: UnsafeMutablePointer<UnsafePointer<tabard_plugin_v1>?>?, version: String,
        vendor: String, providers: [any CredentialProvider.Type]
    ) -> tabard_status {
        guard let plugin, let table = filledPart(of: host, tabard_host_v1()) else { return TABARD_E_INVALID }
        do {
            plugin.pointee = try PluginTables.plugin(version: version, vendor: vendor, providers: providers)
            return TABARD_OK
        } catch {
            let arena = ArgumentArena()
            let line = arena.string(error.description)
            table.log?(host, TABARD_LOG_ERROR, line.ptr, line.len)
            return error.status
        }
    }

    static func create(
        _ provider: UnsafePointer<tabard_provider_v1>?, _ call: UnsafePointer<tabard_call_v1>?, _ config: UnsafePointer<tabard_config_v1>?,
        _ instance: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> tabard_status {
        guard let instance, let type = PluginTables.type(of: provider), let services = CallServices(call) else { return TABARD_E_INVALID }
        defer { services.end() }
        do {
            let settings = try ProviderSettings(config, of: type.descriptor)
            let made = ProviderInstance(try type.init(settings: settings, call: services.call))
            // The one retain is given back by `destroy`.
            instance.pointee = Unmanaged.passRetained(made).toOpaque()
            return TABARD_OK
        } catch {
            return services.report(error)
        }
    }

    static func destroy(_ instance: UnsafeMutableRawPointer?) {
        if let instance { Unmanaged<ProviderInstance>.fromOpaque(instance).release() }
    }

    static func matches(_ instance: UnsafeMutableRawPointer?, _ request: UnsafePointer<tabard_request_v1>?) -> tabard_match {
        guard let instance, let request = try? PluginRequest(request) else { return TABARD_MATCH_NO }
        let provider = Unmanaged<ProviderInstance>.fromOpaque(instance).takeUnretainedValue().provider
        return provider.matches(request) ? TABARD_MATCH_YES : TABARD_MATCH_NO
    }

    static func provide(
        _ instance: UnsafeMutableRawPointer?, _ request: UnsafePointer<tabard_request_v1>?, _ call: UnsafePointer<tabard_call_v1>?
    ) -> tabard_status {
        guard let instance, let services = CallServices(call) else { return TABARD_E_INVALID }
        defer { services.end() }
        let provider = Unmanaged<ProviderInstance>.fromOpaque(instance).takeUnretainedValue().provider
        do {
            let request = try PluginRequest(request)
            try services.emit(try provider.provide(request, call: services.call))
            return TABARD_OK
        } catch {
            return services.report(error)
        }
    }
}

/// What a host's `void *instance` is.
private final class ProviderInstance: Sendable {
    let provider: any CredentialProvider

    init(_ provider: any CredentialProvider) { self.provider = provider }
}
