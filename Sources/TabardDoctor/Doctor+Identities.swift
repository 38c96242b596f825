import TabardConfig
import TabardCore
import TabardExec
import TabardExecPlugins

/// Whom each provider would ask its cloud as: in this shell, and under the kubelet, whose processes have other variables.
extension Doctor {
    private static let known: [String: @Sendable (IdentityQuestion) -> IdentityAnswer] = [
        "aws-ecr-key": AWSIdentity.answer, "google-container-registry": GoogleIdentity.answer, "azure-acr": AzureIdentity.answer,
    ]

    mutating func checkIdentities() {
        let ids = providers.map(\.id)
        if node.environment != nil {
            for id in ids { answer(id, in: "this shell", shell, hasTokens: false) }
        }
        guard let kubelet, let environment = kubelet.environment, let path = kubelet.configuration, let folder = kubelet.programs,
            let config = try? ExecPluginFiles.read(files.place(path))
        else { return }
        for plugin in config.plugins {
            var variables = environment
            for (name, value) in plugin.environment { variables[name] = value }
            for id in providers(of: plugin, "\(folder)/\(plugin.name)") where ids.contains(id) {
                answer(id, in: "the kubelet's entry \(plugin.name)", variables, hasTokens: plugin.tokenAttributes != nil)
            }
        }
    }

    private mutating func answer(_ id: String, in place: String, _ variables: [String: String], hasTokens: Bool) {
        guard let known = Self.known[id] else { return }
        let question = IdentityQuestion(
            place: place, files: files, variables: variables, settings: configuration.providers[id], hasTokens: hasTokens,
            firmware: firmware)
        let answer = known(question)
        let isForPods = hasTokens && question.setting("serviceAccount") != "never"
        let onlyPods = isForPods && question.setting("serviceAccount") == "require"
        report.add(
            // Where only Pods' own identities count, the machine's does not matter.
            onlyPods ? .ok : answer.severity, .identity, "\(id) in \(place)",
            onlyPods
                ? "the Pod's own identity, and no other"
                : (isForPods ? "the Pod's own identity where it has one, else " : "") + answer.what,
            why: onlyPods ? "" : answer.why, fix: onlyPods ? "" : answer.fix)
    }
}
