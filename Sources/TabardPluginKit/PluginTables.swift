internal import CTabard
internal import Synchronization
internal import TabardCore

/// The C tables of the providers that this process exports: made once, never changed, never freed.
enum PluginTables {
    /// A table that never changes and is never freed, so every thread may read it.
    private struct Table: @unchecked Sendable {
        let key: [ObjectIdentifier]
        let plugin: UnsafePointer<tabard_plugin_v1>
    }
    /// A provider's table, which create() gets back, and what it is of.
    private struct Provider: @unchecked Sendable {
        let table: UnsafePointer<tabard_provider_v1>
        let type: any CredentialProvider.Type
        let tokenAttributes: UnsafePointer<tabard_token_attributes_v1>?
    }
    /// Lists, since there is one plugin with a few providers: the first use of a dictionary alone costs 200,000 instructions.
    private struct State: Sendable {
        var tables: [Table] = []
        var providers: [Provider] = []
    }
    private static let state = Mutex(State())

    /// The table of these providers, made when it is asked for first.
    static func plugin(
        version: String, vendor: String, providers: [any CredentialProvider.Type]
    ) throws(Failure) -> UnsafePointer<tabard_plugin_v1> {
        try check(providers.map { $0.descriptor })
        let key = providers.map { ObjectIdentifier($0) }
        return state.withLock { state in
            if let made = state.tables.first(where: { $0.key == key }) { return made }
            let table = Table(key: key, plugin: make(version: version, vendor: vendor, providers: providers, in: &state))
            state.tables.append(table)
            return table
        }.plugin
    }

    /// The type behind a table that the host passes back.
    static func type(of provider: UnsafePointer<tabard_provider_v1>?) -> (any CredentialProvider.Type)? {
        known(provider)?.type
    }

    private static func known(_ provider: UnsafePointer<tabard_provider_v1>?) -> Provider? {
        state.withLock { state in state.providers.first { $0.table == provider } }
    }

    private static func make(
        version: String, vendor: String, providers: [any CredentialProvider.Type], in state: inout State
    ) -> UnsafePointer<tabard_plugin_v1> {
        var pointers: [UnsafePointer<tabard_provider_v1>?] = []
        for type in providers {
            let descriptor = type.descriptor
            let pointer = forever([table(of: descriptor)])
            state.providers.append(
                Provider(table: pointer, type: type, tokenAttributes: descriptor.tokenAttributes.map { table(of: $0) }))
            pointers.append(pointer)
        }
        // Zero first, then field by field: a memberwise initialiser would stop compiling when the header grows.
        var plugin = tabard_plugin_v1()
        plugin.struct_size = UInt32(MemoryLayout<tabard_plugin_v1>.size)
        plugin.abi_minor = UInt32(TABARD_ABI_MINOR)
        plugin.version = forever(version)
        plugin.vendor = forever(vendor)
        plugin.providers = forever(pointers)
        plugin.provider_count = pointers.count
        return forever([plugin])
    }

    /// The extension of that name, or nil.
    static func extensionTable(
        of provider: UnsafePointer<tabard_provider_v1>?, named id: UnsafePointer<CChar>?, _ length: Int
    ) -> UnsafeRawPointer? {
        guard let id, UnsafeRawBufferPointer(start: id, count: length).elementsEqual(TABARD_EXT_TOKEN_ATTRIBUTES.utf8) else { return nil }
        return known(provider)?.tokenAttributes.map { UnsafeRawPointer($0) }
    }

    private static func table(of attributes: TokenAttributes) -> UnsafePointer<tabard_token_attributes_v1> {
        func list(_ texts: [String]) -> tabard_str_list { tabard_str_list(items: forever(texts.map { forever($0) }), count: texts.count) }
        var table = tabard_token_attributes_v1()
        table.struct_size = UInt32(MemoryLayout<tabard_token_attributes_v1>.size)
        table.require_service_account = attributes.requiresServiceAccount ? 1 : 0
        table.audience = forever(attributes.audience)
        table.cache_type = forever(attributes.cacheType.rawValue)
        table.required_annotation_keys = list(attributes.requiredAnnotationKeys)
        table.optional_annotation_keys = list(attributes.optionalAnnotationKeys)
        return forever([table])
    }

    private static func table(of descriptor: ProviderDescriptor) -> tabard_provider_v1 {
        var flags = 0
        if descriptor.isConcurrent { flags |= Int(TABARD_PROVIDER_CONCURRENT) }
        if descriptor.matchesAny { flags |= Int(TABARD_PROVIDER_MATCH_ANY) }
        if descriptor.usesServiceAccount { flags |= Int(TABARD_PROVIDER_USES_SERVICE_ACCOUNT) }
        let settings = descriptor.settings.map { setting in
            var flags = 0
            if setting.isSecret { flags |= Int(TABARD_SETTING_SECRET) }
            if setting.isRepeated { flags |= Int(TABARD_SETTING_REPEATED) }
            return tabard_setting(
                key: forever(setting.key), doc: forever(setting.doc), kind: setting.kind.number, flags: UInt32(flags))
        }
        var table = tabard_provider_v1()
        table.struct_size = UInt32(MemoryLayout<tabard_provider_v1>.size)
        table.flags = UInt32(flags)
        table.id = forever(descriptor.id)
        table.title = forever(descriptor.title)
        table.match_images = tabard_str_list(items: forever(descriptor.patterns.map { forever($0) }), count: descriptor.patterns.count)
        table.settings = tabard_setting_list(items: forever(settings), count: settings.count)
        table.create = { PluginExport.create($0, $1, $2, $3) }
        table.destroy = { PluginExport.destroy($0) }
        table.matches = { PluginExport.matches($0, $1) }
        table.provide = { PluginExport.provide($0, $1, $2) }
        if descriptor.tokenAttributes != nil { table.get_extension = { PluginTables.extensionTable(of: $0, named: $1, $2) } }
        return table
    }

    /// What no host could use is the author's mistake, said once and clearly.
    private static func check(_ descriptors: [ProviderDescriptor]) throws(Failure) {
        for index in descriptors.indices {
            let descriptor = descriptors[index]
            let id = descriptor.id
            let isID =
                (1...63).contains(id.utf8.count) && !id.hasPrefix("-")
                && id.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
            if !isID { throw mistake(id, "the id is not [a-z0-9][a-z0-9-]{0,62}") }
            if descriptors[..<index].contains(where: { $0.id == id }) { throw mistake(id, "two providers have this id") }
            if descriptor.patterns.isEmpty && !descriptor.matchesAny { throw mistake(id, "it has no pattern and would never be asked") }
            if let complaint = descriptor.tokenAttributes?.complaint { throw mistake(id, "its token attributes \(complaint)") }
            let texts = [descriptor.title] + descriptor.patterns + descriptor.settings.flatMap { [$0.key, $0.doc] }
            if texts.contains(where: { $0.utf8.contains(0) }) { throw mistake(id, "a text of its descriptor has a NUL in it") }
        }
        if descriptors.isEmpty { throw mistake("", "the plugin has no provider") }
    }

    private static func mistake(_ id: String, _ reason: String) -> Failure {
        Failure(.internalFault, attempting: "exporting a provider", on: id, reason: reason, advice: "correct its descriptor")
    }

    private static func forever(_ text: String) -> tabard_str {
        let items = forever(text.utf8.map { CChar(bitPattern: $0) } + [0])
        return tabard_str(ptr: items, len: text.utf8.count)
    }

    private static func forever<Element>(_ elements: [Element]) -> UnsafePointer<Element> {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
        for index in elements.indices { (memory + index).initialize(to: elements[index]) }
        return UnsafePointer(memory)
    }
}
