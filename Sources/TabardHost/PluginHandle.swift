import CTabard
import TabardConfig
import TabardCore
import TabardSystem

/// A plugin that is loaded: its tables, read once and checked.
///
/// Whatever is wrong with the description refuses the whole plugin, with the field that is wrong.
final class PluginHandle: Sendable {
    /// The file it came from.
    let path: String
    /// What it says about itself, in the manifest's form.
    let description: PluginManifest
    /// The table that it was given.
    let host: ImmortalPointer<tabard_host_v1>
    let context: PluginContext
    private let providers: [ProviderTable]

    private static let mostProviders = 64

    /// Asks the entry for the plugin's table and reads it.
    init(path: String, entry: tabard_plugin_entry_v1_fn, services: HostServices, trust: PluginTrust) throws(Failure) {
        self.path = path
        let file = String(path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...])
        host = services.table(for: file, trust: trust)
        guard let context = PluginContext.of(host.pointer) else { throw Self.refused(path, "the host's table has no context") }
        self.context = context
        var table: UnsafePointer<tabard_plugin_v1>?
        let pointer = host.pointer
        let status = CrashReport.naming("the plugin \(file), in its entry,") { entry(pointer, &table) }
        guard status.isOK else { throw Self.refused(path, "its entry failed: \(status.name)") }
        guard let table else { throw Self.refused(path, "its entry gave no table") }
        do throws(CText.Fault) {
            try Self.check(size: UnsafeRawPointer(table).load(as: UInt32.self), of: tabard_plugin_v1.self, named: "tabard_plugin_v1")
            let plugin = table.pointee
            guard plugin.min_host_minor <= TABARD_ABI_MINOR else {
                throw CText.Fault("needs a newer host: ABI 1.\(plugin.min_host_minor), this one has 1.\(TABARD_ABI_MINOR)")
            }
            guard (1...Self.mostProviders).contains(plugin.provider_count), let list = plugin.providers else {
                throw CText.Fault("has \(plugin.provider_count) providers")
            }
            var tables: [ProviderTable] = []
            for index in 0..<plugin.provider_count {
                guard let provider = list[index] else { throw CText.Fault("has NULL as provider \(index)") }
                let read = try CrashReport.naming("the plugin \(file), while it described itself,") { () throws(CText.Fault) in
                    try ProviderTable(provider)
                }
                guard !tables.contains(where: { $0.description.id == read.description.id }) else {
                    throw CText.Fault("has two providers with the id \(read.description.id)")
                }
                tables.append(read)
            }
            providers = tables
            description = PluginManifest(
                version: try Self.text(plugin.version, "version"), vendor: try Self.text(plugin.vendor, "vendor"),
                abiMinor: Int(plugin.abi_minor), providers: tables.map(\.description))
        } catch {
            throw Self.refused(path, error.reason)
        }
    }

    /// The provider with that id.
    func provider(_ id: String) -> ProviderTable? { providers.first { $0.description.id == id } }

    /// A struct must reach at least as far as its first version did.
    static func check<Struct>(size: UInt32, of type: Struct.Type, named name: String) throws(CText.Fault) {
        guard size >= MemoryLayout<Struct>.size else {
            throw CText.Fault("has a \(name) of \(size) bytes, the first version has \(MemoryLayout<Struct>.size)")
        }
    }

    /// A text of the description, whose fault names the field.
    static func text(_ text: tabard_str, _ field: String, limit: Int = 256) throws(CText.Fault) -> String {
        do throws(CText.Fault) {
            return try CText.required(text, limit: limit)
        } catch {
            throw CText.Fault("has a \(field) that \(error.reason)")
        }
    }

    static func refused(_ path: String, _ reason: String, advice: String = "", code: Failure.Code = .unsupported) -> Failure {
        Failure(code, attempting: "loading the plugin", on: path, reason: reason, advice: advice)
    }
}
