import CTabard
import TabardPluginKit
import Testing

/// An instance of the puppet, held as a C host holds it.
final class Puppet {
    let host: CHost
    let provider: tabard_provider_v1
    private var instance: UnsafeMutableRawPointer?
    private(set) var created = TABARD_E_INTERNAL

    init(_ host: CHost = CHost(), settings: [([UInt8], [UInt8])]) throws {
        self.host = host
        let table = try Self.table(host)
        provider = table.pointee
        var config = tabard_config_v1()
        config.struct_size = UInt32(MemoryLayout<tabard_config_v1>.size)
        config.settings = host.pairs(settings)
        let create = try #require(provider.create)
        created = create(table, host.call, &config, &instance)
    }

    convenience init(_ host: CHost = CHost(), _ settings: KeyValuePairs<String, String> = [:]) throws {
        try self.init(host, settings: settings.map { (Array($0.key.utf8), Array($0.value.utf8)) })
    }

    deinit { provider.destroy?(instance) }

    func provide(_ request: tabard_request_v1? = nil) throws -> tabard_status {
        var request = request ?? host.request()
        let provide = try #require(provider.provide)
        return provide(instance, &request, host.call)
    }

    func matches(_ request: tabard_request_v1) throws -> tabard_match {
        var request = request
        let matches = try #require(provider.matches)
        return matches(instance, &request)
    }

    /// The puppet's table, through the entry.
    static func table(_ host: CHost) throws -> UnsafePointer<tabard_provider_v1> {
        var plugin: UnsafePointer<tabard_plugin_v1>?
        let status = PluginExport.entry(host.host, &plugin, version: "1.2.3", vendor: "Tests", providers: [PuppetProvider.self])
        try #require(status == TABARD_OK)
        return try #require(plugin?.pointee.providers[0])
    }
}
