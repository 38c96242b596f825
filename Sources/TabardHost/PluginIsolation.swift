import TabardConfig
import TabardCore
import TabardExec
import TabardSystem

/// How providers with `isolation: "process"` are run: each question starts `provider-exec`, so that a crash or a hang stays there.
public struct PluginIsolation: Sendable {
    private let program: String?
    private let place: String

    /// Takes `provider-exec` from beside a program, or from the `bin` beside the `lib` of a library.
    ///
    /// - Parameter path: The program's or library's own file; nil when it is not known.
    public init(beside path: String?) {
        let candidates = Self.places(beside: path)
        program = candidates.first { (try? FileStatus(of: $0))?.kind == .regular }
        place = candidates.joined(separator: " or ")
    }

    /// Where an installation has its `provider-exec`, seen from one of its programs or its library.
    package static func places(beside path: String?) -> [String] {
        let folder = path?.split(separator: "/").dropLast() ?? []
        return [folder, folder.dropLast() + ["bin"]].map { "/" + ($0 + ["provider-exec"]).joined(separator: "/") }
    }

    /// The provider of a plugin, asked in a process of its own.
    ///
    /// - Throws: `.invalid` when the settings stand in no file, which is the only way to hand them on without showing secrets.
    func provider(
        _ manifest: ProviderManifest, patterns: [ImagePattern], matchesEveryImage: Bool, plugin: String, settings file: String?,
        services: HostServices
    ) throws(Failure) -> ExecProvider {
        func wrong(_ reason: String, _ advice: String) -> Failure {
            Failure(
                .invalid, attempting: TabardConfiguration.attempting, on: "providers.\(manifest.id).isolation", reason: reason,
                advice: advice)
        }
        guard let program else { throw wrong("there is no \(place) to run the provider", "install provider-exec there") }
        guard file.map({ $0.contains("/") }) ?? true else {
            throw wrong("a provider in a process of its own reads its settings from a file, and these are in \(file ?? "")", "give a file")
        }
        let folder = plugin.split(separator: "/").dropLast().joined(separator: "/")
        var environment = Environment.all
        environment[CallDepth.variable] = CallDepth.ofChildren
        environment["DOCKER_PASSWORD"] = nil
        return ExecProvider(
            id: manifest.id, patterns: patterns, matchesEveryImage: matchesEveryImage, usesServiceAccount: manifest.usesServiceAccount,
            origin: Origin(.plugin, manifest.id),
            command: ChildCommand(
                path: program,
                arguments: ["--no-agent", "--provider", manifest.id, "--plugin-dir", plugin.hasPrefix("/") ? "/\(folder)" : folder]
                    + (file.map { ["--config", $0] } ?? []),
                environment: environment),
            version: .v1, exitStatus: .ours, timeoutOption: "--timeout", clocks: services.clocks, log: services.log)
    }
}
