import TabardCore
import TabardJSON

extension DoctorReport {
    /// For people: area by area, each finding with its reason and its fix.
    public var text: String {
        var lines: [String] = []
        for area in Finding.Area.allCases {
            let own = findings.filter { $0.area == area }
            guard !own.isEmpty else { continue }
            lines.append(area.title)
            for finding in own {
                lines.append("  \(finding.severity.column)\(finding.subject): \(finding.what)")
                if !finding.why.isEmpty { lines.append("           why: \(finding.why)") }
                if !finding.fix.isEmpty { lines.append("           fix: \(finding.fix)") }
            }
            lines.append("")
        }
        lines.append(summary)
        return lines.joined(separator: "\n")
    }

    /// `2 errors, 1 warning, 3 notes, 9 ok`.
    private var summary: String {
        func part(_ severity: Finding.Severity) -> String {
            let count = count(severity)
            return severity == .ok ? "\(count) ok" : "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
        }
        return [.error, .warning, .note, .ok].map(part).joined(separator: ", ")
    }

    /// For machines, and for a diff between two nodes: every list is sorted, and nothing in it tells one node from its equal.
    public var json: String {
        var json = JSONWriter(.pretty)
        json.object { json in
            json.field("schema", 1)
            json.field("version", Release.version)
            json.object("summary") { json in
                for severity in Finding.Severity.allCases { json.field(severity.rawValue, count(severity)) }
            }
            json.object("machine") { json in json.field("cloud", cloud) }
            json.array("plugins") { json in
                for plugin in plugins {
                    json.object { json in
                        json.field("file", plugin.file)
                        json.field("version", plugin.version)
                        json.field("providers", plugin.providers)
                    }
                }
            }
            json.array("credentialProviders") { json in
                for entry in credentialProviders { json.object { json in Self.write(entry, to: &json) } }
            }
            json.array("dockerConfigs") { json in
                for config in dockerConfigs { json.object { json in Self.write(config, to: &json) } }
            }
            json.array("findings") { json in
                for finding in findings {
                    json.object { json in
                        json.field("area", finding.area.rawValue)
                        json.field("severity", finding.severity.rawValue)
                        json.field("subject", finding.subject)
                        json.field("what", finding.what)
                        json.field("why", finding.why)
                        json.field("fix", finding.fix)
                    }
                }
            }
        }
        return String(decoding: json.finishBytes(), as: UTF8.self)
    }

    private static func write(_ entry: CredentialProvider, to json: inout JSONWriter) {
        json.field("reader", entry.reader)
        json.field("name", entry.name)
        json.field("program", entry.program)
        json.field("matchImages", entry.patterns)
        json.field("defaultCacheDuration", entry.defaultCacheDuration)
        json.field("apiVersion", entry.apiVersion)
        if let audience = entry.audience { json.field("serviceAccountTokenAudience", audience) }
    }

    private static func write(_ config: DockerConfigFile, to json: inout JSONWriter) {
        json.field("path", config.path)
        json.field("counts", config.counts)
        json.array("logins") { json in
            for (registry, count) in config.logins.sorted(by: { $0.key < $1.key }) {
                json.object { json in
                    json.field("registry", registry)
                    json.field("entries", count)
                }
            }
        }
        json.array("credHelpers") { json in
            for (registry, helper) in config.credHelpers.sorted(by: { $0.key < $1.key }) {
                json.object { json in
                    json.field("registry", registry)
                    json.field("helper", helper)
                }
            }
        }
        if let store = config.credsStore { json.field("credsStore", store) }
    }
}

extension Finding.Severity {
    /// As wide as the widest, and two spaces.
    fileprivate var column: String { rawValue + String(repeating: " ", count: 9 - rawValue.utf8.count) }
}

extension Finding.Area {
    fileprivate var title: String {
        switch self {
        case .machine: "Machine"
        case .identity: "Identity: whom each provider asks its cloud as"
        case .plugins: "Plugins"
        case .configuration: "Configuration"
        case .kubelet: "Kubelet"
        case .execPlugins: "Exec plugins of Tabard"
        case .agent: "Agent"
        case .docker: "Docker configs"
        case .clock: "Clock"
        case .proxy: "Proxies"
        case .certificates: "Certificate authorities"
        case .probes: "Answers"
        }
    }
}
