import ArgumentParser
import TabardCommand
import TabardConfig
import TabardCore
import TabardExecPlugins
import TabardHost
import TabardJSON

/// `tabard providers`: every plugin file that was found, what it can do, and why another was not used.
struct Providers: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the providers and their plugins, and every file that was not used, with the reason.",
        discussion: """
            Example:
              tabard providers --plugin-dir ./lib/tabard/v1
            """)

    @Flag(help: "One JSON object instead of a table.")
    var json = false

    @OptionGroup var common: CommonArguments

    func run() throws {
        let host = try HostSetup(program: "tabard", options: common.options, isOneShot: false, log: common.log)
        let programs = try ExecPluginCatalog(
            configuration: host.configuration, taken: Set(host.catalog.providers.map(\.id)), services: host.services)
        // Loading tells what a manifest alone can't: whether the plugin works here.
        for file in host.catalog.files { _ = try? file.load() }
        Exit.text(json ? Self.json(host.catalog, programs) : Self.table(host.catalog, programs))
    }

    private static func json(_ catalog: PluginCatalog, _ programs: ExecPluginCatalog) -> String {
        var json = JSONWriter(.pretty)
        json.object { json in
            json.array("providers") { json in
                for provider in catalog.providers.sorted(by: { $0.id < $1.id }) {
                    json.object { json in
                        json.field("id", provider.id)
                        json.field("title", provider.manifest.title)
                        json.field("plugin", provider.file.path)
                        json.field("version", provider.file.description?.version ?? "")
                        json.field("patterns", provider.patterns.map(\.text))
                        json.array("settings") { json in
                            for setting in provider.manifest.settings {
                                json.object { json in
                                    json.field("key", setting.key)
                                    json.field("kind", setting.kind.rawValue)
                                    json.field("doc", setting.doc)
                                }
                            }
                        }
                        json.field("state", provider.file.state.name)
                    }
                }
                for program in programs.providers {
                    json.object { json in
                        json.field("id", program.id)
                        json.field("title", "exec plugin")
                        json.field("plugin", program.path)
                        json.field("patterns", program.patterns.map(\.text))
                        json.array("settings") { _ in }
                        json.field("state", "exec plugin")
                    }
                }
            }
            json.array("rejected") { json in
                for rejection in catalog.rejected + programs.rejected + programs.skipped {
                    json.object { json in
                        json.field("path", rejection.path)
                        json.field("reason", rejection.reason)
                    }
                }
            }
        }
        return String(decoding: json.finishBytes(), as: UTF8.self)
    }

    private static func table(_ catalog: PluginCatalog, _ programs: ExecPluginCatalog) -> String {
        var lines: [String] = []
        for provider in catalog.providers.sorted(by: { $0.id < $1.id }) {
            lines.append("\(provider.id)  \(provider.manifest.title)")
            lines.append("  plugin    \(provider.file.path) \(provider.file.description?.version ?? "") (\(provider.file.state.name))")
            lines.append("  patterns  \(provider.patterns.map(\.text).joined(separator: ", "))")
            for (index, setting) in provider.manifest.settings.enumerated() {
                lines.append("  \(index == 0 ? "settings" : "        ")  \(setting.key): \(setting.doc)")
            }
        }
        for program in programs.providers {
            lines.append("\(program.id)  exec plugin")
            lines.append("  program   \(program.path)")
            lines.append("  patterns  \(program.patterns.map(\.text).joined(separator: ", "))")
        }
        for rejection in catalog.rejected + programs.rejected + programs.skipped {
            lines.append("not used: \(rejection.path): \(rejection.reason)")
        }
        return lines.isEmpty ? "no plugins found" : lines.joined(separator: "\n").escapingLines()
    }
}

extension PluginFile.State {
    /// One word for tables and JSON.
    fileprivate var name: String {
        switch self {
        case .notLoaded: "not loaded"
        case .loaded: "loaded"
        case .refused: "refused"
        }
    }
}

extension String {
    /// Without control characters, line by line.
    fileprivate func escapingLines() -> String {
        split(separator: "\n", omittingEmptySubsequences: false).map { String($0).escapingControlCharacters() }.joined(separator: "\n")
    }
}
