import TabardConfig
import TabardCore
import TabardHost
import TabardSystem

/// The kubelet's flags, and the CredentialProviderConfig that they name.
extension Doctor {
    mutating func checkKubelet() {
        guard let kubelet else {
            report.add(.note, .kubelet, "kubelet", "none runs here, and systemd has no unit of one")
            return
        }
        let subject = kubelet.name
        if kubelet.processes > 1 {
            report.add(.note, .kubelet, subject, "\(kubelet.processes) kubelets run here; the first is looked at")
        }
        if !kubelet.isRunning {
            report.add(
                .warning, .kubelet, subject, "no kubelet runs; this is what systemd would start",
                fix: "systemctl status kubelet, journalctl -u kubelet -e")
        } else if kubelet.environment == nil {
            report.add(
                .note, .kubelet, subject, "its environment cannot be read", why: "identities and proxies under the kubelet are not checked",
                fix: "run this as root")
        }
        checkUnit(of: kubelet)
        switch (kubelet.configuration, kubelet.programs) {
        case (nil, nil):
            report.add(
                .note, .kubelet, subject, "it has neither --\(Kubelet.configFlag) nor --\(Kubelet.folderFlag)",
                why: "it asks no credential provider: Pods pull with pull secrets and the docker config of the node alone",
                fix: "provider-exec kubelet-config > FILE, then start the kubelet with both flags (docs/kubelet.md)")
        case (let configuration?, nil):
            report.add(
                .error, .kubelet, subject, "it has --\(Kubelet.configFlag) and no --\(Kubelet.folderFlag)",
                why: "a kubelet uses credential providers only with both", fix: "name the folder of the programs in \(configuration)")
        case (nil, .some):
            report.add(
                .error, .kubelet, subject, "it has --\(Kubelet.folderFlag) and no --\(Kubelet.configFlag)",
                why: "a kubelet uses credential providers only with both", fix: "name the file of its CredentialProviderConfig")
        case (let configuration?, let folder?):
            if !files.has(folder, .directory) {
                report.add(
                    .error, .kubelet, folder, "the folder of --\(Kubelet.folderFlag) is not there",
                    why: "a kubelet does not start without it: \"plugin binary directory \(folder) did not exist\"",
                    fix: "install the programs there, or correct the flag")
            }
            check(credentialProviders: configuration, in: folder, for: .kubelet)
        }
    }

    /// A drop-in that was changed while the kubelet runs does nothing until it starts again.
    private mutating func checkUnit(of kubelet: Kubelet) {
        guard kubelet.isRunning, let unit = kubelet.unit else { return }
        for name in [Kubelet.configFlag, Kubelet.folderFlag] where unit.command.flag(name) != kubelet.command.flag(name) {
            let will = unit.command.flag(name).map { "--\(name)=\($0)" } ?? "no --\(name)"
            let has = kubelet.command.flag(name).map { "--\(name)=\($0)" } ?? "no --\(name)"
            report.add(
                .warning, .kubelet, unit.sources.last ?? "kubelet.service", "it has \(will), and the running kubelet \(has)",
                why: "the next start changes who gives credentials", fix: "systemctl daemon-reload && systemctl restart kubelet")
        }
    }

    /// What `execProviders` of config.json names.
    mutating func checkExecPlugins() {
        guard let path = configuration.execProviders else { return }
        guard let folder = configuration.execProviderBinDir else {
            report.add(
                .error, .execPlugins, path, "config.json has execProviders and no execProviderBinDir",
                why: "no program of Tabard answers anything while it is missing",
                fix: "name the folder that the kubelet has as --\(Kubelet.folderFlag)")
            return
        }
        check(credentialProviders: path, in: folder, for: .tabard)
    }
}
