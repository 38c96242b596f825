import CTabard
import TabardCore
import TabardPluginKit
import Testing

@Suite struct EntryTests {
    @Test func `the entry stores the same table each time`() throws {
        let host = CHost()
        var first: UnsafePointer<tabard_plugin_v1>?
        var second: UnsafePointer<tabard_plugin_v1>?
        #expect(PluginExport.entry(host.host, &first, version: "1.2.3", vendor: "Tests", providers: [PuppetProvider.self]) == TABARD_OK)
        #expect(PluginExport.entry(host.host, &second, version: "1.2.3", vendor: "Tests", providers: [PuppetProvider.self]) == TABARD_OK)
        #expect(first != nil && first == second)
        let plugin = try #require(first?.pointee)
        #expect(plugin.struct_size == 64)
        #expect(plugin.version.copied == "1.2.3")
        #expect(plugin.vendor.copied == "Tests")
        #expect(plugin.provider_count == 1)
        #expect(plugin.min_host_minor == 0)
    }

    @Test func `the table says what the descriptor says`() throws {
        let table = try Puppet.table(CHost()).pointee
        #expect(table.struct_size == 112)
        #expect(table.id.copied == "puppet")
        #expect(table.title.copied == "A puppet")
        #expect(table.flags == UInt32(TABARD_PROVIDER_CONCURRENT) | UInt32(TABARD_PROVIDER_USES_SERVICE_ACCOUNT))
        let patterns = UnsafeBufferPointer(start: table.match_images.items, count: table.match_images.count)
        #expect(patterns.map(\.copied) == ["registry.example", "*.registry.example"])
        let settings = UnsafeBufferPointer(start: table.settings.items, count: table.settings.count)
        #expect(settings.map(\.key.copied).first == "act")
        #expect(settings.map(\.kind) == [1, 2, 3, 4, 5, 6, 1, 1, 7, 1])
        #expect(settings.map(\.flags) == [0, 0, 0, 0, 0, 0, 1, 2, 0, 1])
        #expect(table.get_extension == nil)
    }

    @Test func `a host that passes nothing is refused`() {
        var plugin: UnsafePointer<tabard_plugin_v1>?
        #expect(PluginExport.entry(nil, &plugin, version: "1", vendor: "", providers: [PuppetProvider.self]) == TABARD_E_INVALID)
        let host = CHost()
        #expect(PluginExport.entry(host.host, nil, version: "1", vendor: "", providers: [PuppetProvider.self]) == TABARD_E_INVALID)
        host.host.pointee.struct_size = 0
        #expect(PluginExport.entry(host.host, &plugin, version: "1", vendor: "", providers: [PuppetProvider.self]) == TABARD_E_INVALID)
        #expect(plugin == nil)
    }

    @Test(arguments: Mistake.allCases)
    func `a descriptor that no host could use is reported`(mistake: Mistake) {
        let host = CHost()
        var plugin: UnsafePointer<tabard_plugin_v1>?
        #expect(PluginExport.entry(host.host, &plugin, version: "1", vendor: "", providers: mistake.providers) == TABARD_E_INTERNAL)
        #expect(plugin == nil)
        #expect(host.lines.contains { $0.contains(mistake.rawValue) }, "\(host.lines)")
    }

    enum Mistake: String, CaseIterable {
        case id = "the id is not"
        case twice = "two providers have this id"
        case pattern = "it has no pattern"
        case none = "the plugin has no provider"

        var providers: [any CredentialProvider.Type] {
            switch self {
            case .id: [ShoutingProvider.self]
            case .twice: [PuppetProvider.self, PuppetProvider.self]
            case .pattern: [AimlessProvider.self]
            case .none: []
            }
        }
    }

    private struct ShoutingProvider: CredentialProvider {
        static let descriptor = ProviderDescriptor(id: "Puppet", title: "", patterns: ["a.example"])
        init(settings: ProviderSettings, call: PluginCall) {}
        func provide(_ request: PluginRequest, call: PluginCall) -> ProviderReply { ProviderReply() }
    }

    private struct AimlessProvider: CredentialProvider {
        static let descriptor = ProviderDescriptor(id: "aimless", title: "", patterns: [])
        init(settings: ProviderSettings, call: PluginCall) {}
        func provide(_ request: PluginRequest, call: PluginCall) -> ProviderReply { ProviderReply() }
    }
}
