import CTabard
public import TabardConfig
public import TabardCore
import TabardSystem

/// A provider in a plugin, which is loaded when the provider is asked for the first time.
public final class PluginProvider: Provider {
    /// What the manifest, or the plugin itself, says about it.
    public let manifest: ProviderManifest
    /// The plugin.
    public let file: PluginFile
    /// Its own patterns and the operator's.
    public let patterns: [ImagePattern]
    /// Whether no pattern can say what it serves and the operator has turned it on without naming any.
    public let matchesEveryImage: Bool
    /// Whether it serves nothing unless a command names it.
    public var isDormant: Bool { manifest.matchesAny && !matchesEveryImage && patterns.count == manifest.patterns.count }
    private let settings: [(key: String, value: String)]
    private let services: HostServices
    private let slot: InstanceSlot
    /// Asks in a process of its own, where the operator wants that.
    private let isolated: ExecProvider?

    init(
        manifest: ProviderManifest, file: PluginFile, configuration: ProviderConfiguration?, isChosen: Bool, services: HostServices,
        isolation: PluginIsolation? = nil, settingsFile: String? = nil
    ) throws(Failure) {
        self.manifest = manifest
        self.file = file
        self.services = services
        let added = configuration?.matchImages ?? []
        patterns = manifest.patterns + added
        matchesEveryImage = manifest.matchesAny && added.isEmpty && (isChosen || configuration != nil)
        settings =
            try configuration.map { (configuration) throws(Failure) in
                try SettingsCheck.settings(of: configuration, for: manifest)
            } ?? []
        slot = InstanceSlot(clocks: services.clocks)
        if let isolation, configuration?.isIsolated == true {
            isolated = try isolation.provider(
                manifest, patterns: patterns, matchesEveryImage: matchesEveryImage, plugin: file.path, settings: settingsFile,
                services: services)
        } else {
            isolated = nil
        }
    }

    /// Its id.
    public var id: String { manifest.id }
    /// As the manifest says.
    public var usesServiceAccount: Bool { manifest.usesServiceAccount }
    /// `plugin ID`.
    public var origin: Origin { Origin(.plugin, id) }

    /// Those that match it. The port of https may be written: the registry that a plugin knows is the same one with it.
    public func serving(_ image: ImageReference) -> [ImagePattern] {
        let matching = patterns.filter { $0.matches(image) }
        guard matching.isEmpty, let plain = image.withoutHTTPSPort else { return matching }
        return patterns.filter { $0.matches(plain) }
    }

    /// Asks the plugin on this thread.
    ///
    /// The plugin's deadline is a little before the caller's, so that its own reason arrives before the caller has stopped listening.
    public func provide(_ request: ProviderRequest, call: ProviderCall) throws(Failure) -> ProviderReply {
        do throws(Failure) {
            if let isolated { return try isolated.provide(request, call: call) }
            return try ask(request, call)
        } catch {
            var failure = error
            if failure.source.isEmpty { failure.source = id }
            if failure.subject.isEmpty { failure.subject = request.image.name }
            throw failure
        }
    }

    private func ask(_ request: ProviderRequest, _ call: ProviderCall) throws(Failure) -> ProviderReply {
        let plugin = try file.handle()
        guard let table = plugin.provider(id) else {
            throw PluginHandle.refused(file.path, "has no provider \(id), which its manifest promises", advice: "write the manifest again")
        }
        let now = services.clocks.monotonicNanoseconds
        let deadline = call.deadline == .max ? .max : call.deadline - min(250_000_000, max(0, call.deadline - now) / 10)
        guard now < deadline else {
            throw Failure(.timedOut, attempting: "asking the provider", reason: "no time was left to ask it")
        }
        let isConcurrent = table.description.isConcurrent
        let turn = try slot.acquire(isConcurrent: isConcurrent, until: deadline)
        defer { slot.release(turn, isConcurrent: isConcurrent) }
        func state(_ phase: CallState.Phase) -> CallState {
            CallState(
                provider: id, context: plugin.context, phase: phase, deadline: deadline, cancellation: call.cancellation,
                isOneShot: call.isOneShot)
        }
        let instance: ProviderInstance
        if let existing = turn.instance {
            instance = existing
        } else {
            instance = slot.keep(try create(table, plugin, state(.create)), for: turn, isConcurrent: isConcurrent)
        }
        return try provide(request, table, instance, plugin, state(.provide))
    }

    private func create(_ table: ProviderTable, _ plugin: PluginHandle, _ state: CallState) throws(Failure) -> ProviderInstance {
        let memory = CallMemory()
        var configuration = tabard_config_v1()
        configuration.struct_size = UInt32(MemoryLayout<tabard_config_v1>.size)
        configuration.settings = memory.list(settings.map { tabard_kv(key: memory.copy($0.key), value: memory.copy($0.value)) })
        var pointer: UnsafeMutableRawPointer?
        let status = state.run(host: plugin.host.pointer) { call in
            withUnsafePointer(to: configuration) { table.pointer.pointee.create(table.pointer, call, $0, &pointer) }
        }
        withExtendedLifetime(memory) {}
        guard status.isOK else { throw state.failure(status, attempting: "setting up the provider", on: "") }
        return ProviderInstance(pointer, of: table)
    }

    private func provide(
        _ request: ProviderRequest, _ table: ProviderTable, _ instance: ProviderInstance, _ plugin: PluginHandle, _ state: CallState
    ) throws(Failure) -> ProviderReply {
        let memory = CallMemory()
        let question = Self.question(request, in: memory)
        defer { withExtendedLifetime(memory) {} }
        let functions = table.pointer.pointee
        if let matches = functions.matches {
            let answer = CrashReport.naming("the plugin \(plugin.context.plugin), in matches() of \(id),") {
                withUnsafePointer(to: question) { matches(instance.pointer, $0) }
            }
            guard answer != TABARD_MATCH_NO else {
                throw Failure(.notMine, attempting: "asking the provider", on: request.image.name, reason: "it does not serve this image")
            }
        }
        let status = state.run(host: plugin.host.pointer) { call in
            withUnsafePointer(to: question) { functions.provide(instance.pointer, $0, call) }
        }
        let late = state.deadline == .max ? 0 : services.clocks.monotonicNanoseconds - state.deadline
        if late > 1_000_000_000 {
            services.log(
                .warning,
                "\(file.path): provide() of \(id) held its thread \(late / 1_000_000_000) s beyond its deadline: a fault of the plugin")
        }
        return try state.reply(status, image: request.image.name)
    }

    private static func question(_ request: ProviderRequest, in memory: CallMemory) -> tabard_request_v1 {
        var question = tabard_request_v1()
        question.struct_size = UInt32(MemoryLayout<tabard_request_v1>.size)
        question.flags = request.isFresh ? UInt32(TABARD_REQUEST_FRESH) : 0
        question.image = memory.copy(request.image.name)
        question.registry = memory.copy(request.image.registry)
        question.repository = memory.copy(request.image.repository)
        question.service_account_token = memory.copy(request.serviceAccountToken)
        let annotations = request.serviceAccountAnnotations.sorted { $0.key < $1.key }
        question.service_account_annotations = memory.list(
            annotations.map { tabard_kv(key: memory.copy($0.key), value: memory.copy($0.value)) })
        return question
    }
}
