import ArgumentParser
import TabardCommand
import TabardConfig
import TabardCore
import TabardHTTP
import TabardHost
import TabardSystem

/// `tabard manifest PLUGIN.so`: what the build writes beside a plugin.
struct WriteManifest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manifest", abstract: "Prints the manifest that belongs beside a plugin, made by asking the plugin.",
        shouldDisplay: false)

    @Argument(help: "The plugin.")
    var plugin: String

    @OptionGroup var common: CommonArguments

    func run() throws {
        let log = common.log
        let clocks = SystemClocks()
        let http = HTTPClient(configuration: HTTPConfiguration(), clocks: clocks, log: log)
        let services = HostServices(name: "tabard", version: Release.version, http: http, clocks: clocks, log: log)
        let manifest = try ManifestWriter.manifest(ofPlugin: plugin, services: services, trust: .relaxed)
        Exit.text(String(decoding: manifest.write(), as: UTF8.self).trimmingNewline)
    }
}

extension String {
    /// Without the line break at its end, which `Exit.text` writes.
    fileprivate var trimmingNewline: String { last == "\n" ? String(dropLast()) : self }
}
