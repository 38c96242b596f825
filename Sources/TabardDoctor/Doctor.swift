import TabardConfig
import TabardCore

/// Looks at a node and says what is wrong with its credentials. Reads files; touches no network, and starts and loads nothing.
public struct Doctor {
    let node: Node
    let files: NodeFiles
    /// The variables of this shell; none for a node that is mounted.
    let shell: [String: String]
    let firmware: Firmware
    let kubelet: Kubelet?
    var report = DoctorReport()
    /// What the checks before found out for those behind.
    var plugins: [InstalledPlugin] = []
    var configuration = TabardConfiguration.empty

    /// Takes a first look: firmware, processes, units.
    public init(_ node: Node) {
        self.node = node
        files = NodeFiles(root: node.root)
        shell = node.environment ?? [:]
        firmware = Firmware(files, folder: shell["TABARD_DMI_FOLDER"] ?? "/sys/class/dmi/id")
        kubelet = Kubelet(in: files)
    }

    /// Makes every check.
    public mutating func examine() {
        checkMachine()
        checkPlugins()
        checkConfiguration()
        checkKubelet()
        checkExecPlugins()
        checkIdentities()
        checkAgent()
        checkDockerConfigs()
        checkClock()
        checkProxies()
        checkCertificates()
    }

    /// What was found so far, in order.
    public var result: DoctorReport { report.sorted(shown: files.shown) }

    /// Every provider that is installed, by id; of two with one id the first.
    var providers: [ProviderManifest] {
        var seen: Set<String> = []
        return plugins.flatMap { $0.manifest?.providers ?? [] }.filter { seen.insert($0.id).inserted }
    }

    private mutating func checkMachine() {
        report.cloud = firmware.cloud.rawValue
        switch firmware.cloud {
        case .amazon: report.add(.ok, .machine, "cloud", "Amazon EC2: \(firmware.evidence)")
        case .azure: report.add(.ok, .machine, "cloud", "Azure: \(firmware.evidence)")
        case .google: report.add(.ok, .machine, "cloud", "Google Compute Engine: \(firmware.evidence)")
        case .other: report.add(.note, .machine, "cloud", "none of Amazon's, Azure's and Google's: \(firmware.evidence)")
        case .unknown:
            report.add(
                .note, .machine, "cloud", "the firmware says nothing",
                why: "providers then wait a second at most for a metadata server that is not up yet",
                fix: "on a cloud's machine, set ec2, gce or azure to true under the provider's settings")
        }
    }
}
