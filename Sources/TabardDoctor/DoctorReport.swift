import TabardCore

/// What was found on a node: the findings, and facts by which two nodes can be compared.
public struct DoctorReport: Sendable {
    /// A plugin that is installed.
    struct Plugin: Sendable, Hashable {
        var file: String
        var version: String
        var providers: [String]
    }

    /// An entry of a CredentialProviderConfig.
    struct CredentialProvider: Sendable, Hashable {
        var reader: String
        var name: String
        var program: String
        var patterns: [String]
        var defaultCacheDuration: String
        var apiVersion: String
        var audience: String?
    }

    /// A docker config.
    struct DockerConfigFile: Sendable, Hashable {
        var path: String
        /// Whether it is the one that a pull reads.
        var counts: Bool
        /// How many entries there are for each registry.
        var logins: [String: Int]
        var credHelpers: [String: String]
        var credsStore: String?
    }

    /// Everything that was looked at, area by area, by subject.
    public private(set) var findings: [Finding] = []
    /// The maker of the machine, in one word.
    var cloud = ""
    var plugins: [Plugin] = []
    var credentialProviders: [CredentialProvider] = []
    var dockerConfigs: [DockerConfigFile] = []

    /// Whether nothing has to be mended: what the exit status tells.
    public var hasErrors: Bool { findings.contains { $0.severity == .error } }

    /// How many findings are that bad.
    func count(_ severity: Finding.Severity) -> Int { findings.count { $0.severity == severity } }

    mutating func add(
        _ severity: Finding.Severity, _ area: Finding.Area, _ subject: String, _ what: String, why: String = "", fix: String = ""
    ) {
        findings.append(Finding(severity, area, subject, what, why: why, fix: fix))
    }

    /// Adds what a reader complained of.
    mutating func add(_ severity: Finding.Severity, _ area: Finding.Area, _ subject: String, _ failure: Failure, why: String = "") {
        let place = failure.subject.isEmpty || failure.subject == subject ? "" : "\(failure.subject): "
        add(severity, area, subject, place + failure.reason, why: why, fix: failure.advice)
    }

    /// The same in one order, whatever the order of looking; what was found twice is told once. Texts are made safe to print.
    func sorted(shown: (String) -> String) -> DoctorReport {
        func safe(_ text: String) -> String { shown(text).escapingControlCharacters() }
        let areas = Finding.Area.allCases
        let severities = Finding.Severity.allCases
        func key(_ finding: Finding) -> (Int, String, Int, String) {
            (
                areas.firstIndex(of: finding.area) ?? 0, finding.subject, -(severities.firstIndex(of: finding.severity) ?? 0), finding.what
            )
        }
        var report = self
        var seen: Set<Finding> = []
        report.findings = findings.map {
            Finding($0.severity, $0.area, safe($0.subject), safe($0.what), why: safe($0.why), fix: safe($0.fix))
        }
        .filter { seen.insert($0).inserted }.sorted { key($0) < key($1) }
        report.plugins = plugins.map { plugin in
            var plugin = plugin
            plugin.file = safe(plugin.file)
            return plugin
        }.sorted { $0.file < $1.file }
        report.credentialProviders = credentialProviders.map { entry in
            var entry = entry
            entry.program = safe(entry.program)
            entry.patterns.sort()
            return entry
        }.sorted { ($0.reader, $0.name) < ($1.reader, $1.name) }
        report.dockerConfigs = dockerConfigs.map { config in
            var config = config
            config.path = safe(config.path)
            return config
        }.sorted { $0.path < $1.path }
        return report
    }
}
