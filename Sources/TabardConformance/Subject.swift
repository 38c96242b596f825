import CTabard
import TabardCore
import TabardSystem

/// The plugin under test, in this process.
struct Subject {
    /// The entry, as dlsym gave it.
    let entry: tabard_plugin_entry_v1_fn
    private let plugin: UnsafePointer<tabard_plugin_v1>
    /// Its providers, in its own order.
    let providers: [ProbeProvider]

    /// Loads the plugin for a host.
    init(path: String, host: ProbeHost) throws(Complaint) {
        entry = try Self.load(path)
        plugin = try Self.ask(entry, host)
        var providers: [ProbeProvider] = []
        for index in 0..<plugin.pointee.provider_count {
            guard let table = plugin.pointee.providers?[index] else { throw Complaint("has NULL as provider \(index)") }
            providers.append(ProbeProvider(table))
        }
        self.providers = providers
    }

    /// Brings the file into this process.
    static func load(_ path: String) throws(Complaint) -> tabard_plugin_entry_v1_fn {
        do throws(DynamicLibrary.LoadError) {
            let library = try DynamicLibrary(path: path, binding: .now)
            return unsafeBitCast(try library.address(of: TABARD_ENTRY_SYMBOL), to: tabard_plugin_entry_v1_fn.self)
        } catch {
            throw Complaint("the dynamic linker refuses it: \(error)")
        }
    }

    /// Calls the entry.
    static func ask(_ entry: tabard_plugin_entry_v1_fn, _ host: ProbeHost) throws(Complaint) -> UnsafePointer<tabard_plugin_v1> {
        var table: UnsafePointer<tabard_plugin_v1>?
        let status = entry(host.pointer, &table)
        guard status.rawValue >= 0, let table else { throw Complaint("its entry answered \(status.rawValue) and no table") }
        return table
    }
}
