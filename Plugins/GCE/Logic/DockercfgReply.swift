internal import TabardCore
internal import TabardPluginKit

extension ProviderReply {
    /// How long passwords from instance metadata are kept: as long as the kubelet's own provider of old kept them.
    static let dockercfgLifetime = Duration.seconds(60)

    /// All passwords of a document. Its scope is global, because the document is the same for every image and names the hosts itself.
    init(_ document: DockercfgDocument, call: PluginCall) {
        for problem in document.problems { call.log(.warning, "\(problem)") }
        self.init(entries: document.entries, scope: .global, duration: Self.dockercfgLifetime)
    }
}
