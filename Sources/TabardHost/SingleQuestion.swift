import TabardConfig
public import TabardCore
import TabardSystem

/// One question to one provider, by the code that every host uses: for checking a plugin.
public enum SingleQuestion {
    /// Loads the plugin, whoever owns it, makes an instance with these settings and asks it once.
    ///
    /// - Parameters:
    ///   - settings: Flat keys, the operator's patterns among them as `matchImages.N`.
    /// - Throws: What a host would say.
    public static func ask(
        plugin path: String, provider id: String, settings: [(String, String)], image: ImageReference, services: HostServices
    ) throws(Failure) -> ProviderReply {
        let file = PluginFile(path: path, manifest: nil, loader: PluginLoader(trust: .relaxed, services: services))
        guard let manifest = try file.handle().description.providers.first(where: { $0.id == id }) else {
            throw PluginHandle.refused(path, "has no provider \(id)")
        }
        let sets = settings.map { key, value in "\(id).\(key.hasPrefix("matchImages.") ? "matchImages" : key)=\(value)" }
        let configuration = try TabardConfiguration.empty.overriding(sets).providers[id]
        let provider = try PluginProvider(
            manifest: manifest, file: file, configuration: configuration, isChosen: true, services: services)
        return try provider.provide(
            ProviderRequest(image: image),
            call: ProviderCall(
                deadline: services.clocks.monotonicNanoseconds + 20_000_000_000, cancellation: Cancellation(), isOneShot: false))
    }
}
