import TabardConfig
import TabardCore
import TabardExec
import TabardExecPlugins
import TabardHost
import TabardSystem

/// A CredentialProviderConfig: whether its reader takes it, whether its programs can be started, whether they are asked for what they serve.
extension Doctor {
    /// What a kubelet keeps longer than this outlives the tokens of every cloud.
    private static let longestDefault = Duration.seconds(12 * 3600)

    mutating func check(credentialProviders path: String, in folder: String, for reader: ConfigurationReader) {
        guard let config = read(path, reader) else { return }
        report.add(
            .ok, reader.area, path,
            "read: \(config.plugins.count) credential provider\(config.plugins.count == 1 ? "" : "s"), "
                + config.plugins.map(\.name).joined(separator: ", "))
        for warning in config.warnings {
            let isOurs = reader == .kubelet && warning.contains(text: "the kubelet refuses this file")
            report.add(
                isOurs ? .error : .warning, reader.area, path, files.shown(warning).replacing(text: "\(path):", with: ""),
                why: isOurs ? "the kubelet does not start" : "fewer images match than it looks", fix: "correct the line")
        }
        for plugin in config.plugins { check(plugin, in: folder, of: path, for: reader) }
        checkOverlap(config.plugins, path, reader)
    }

    private mutating func read(_ path: String, _ reader: ConfigurationReader) -> CredentialProviderConfig? {
        if let complaint = distrust(ofNamed: path) {
            report.add(
                .error, reader.area, path, complaint, why: "whoever can write it chooses programs that run with the rights of their host",
                fix: "it and the folders above it belong to root, mode 0644")
        }
        do throws(Failure) {
            return try ExecPluginFiles.read(files.place(path))
        } catch {
            let place = files.shown(error.subject)
            let reason = files.shown(error.reason).replacing(text: "\(path):", with: "")
            report.add(
                .error, reader.area, path, (place == path || place.isEmpty ? "" : "\(place): ") + reason,
                why: reader == .kubelet ? "the kubelet does not start" : "no program of Tabard answers anything while it is wrong",
                fix: error.advice.isEmpty ? "provider-exec kubelet-config writes a right one" : error.advice)
            return nil
        }
    }

    private mutating func check(
        _ plugin: CredentialProviderConfig.Plugin, in folder: String, of path: String, for reader: ConfigurationReader
    ) {
        let program = plugin.command.map { $0.contains("/") ? $0 : "\(folder)/\($0)" } ?? "\(folder)/\(plugin.name)"
        report.credentialProviders.append(
            .init(
                reader: reader.rawValue, name: plugin.name, program: program, patterns: plugin.patterns.map(\.text),
                defaultCacheDuration: GoDuration.format(plugin.defaultDuration), apiVersion: plugin.version.apiVersion,
                audience: plugin.tokenAttributes?.audience))
        check(program: program, of: plugin, reader)
        let ids = providers(of: plugin, program)
        if ids.isEmpty { checkForeign(plugin, reader) }
        for id in ids { check(plugin, against: id, path, reader) }
        // The port of https may be written: kubelet-config does.
        let served = Set(ids.flatMap { id in patterns(of: id).flatMap { [$0.text, "\($0.text):443"] } })
        guard !served.isEmpty else { return }
        for pattern in plugin.patterns where !served.contains(pattern.text) {
            report.add(
                .note, reader.area, "\(path): \(plugin.name)",
                "matchImages has \(pattern), which is none of \(ids.joined(separator: ", "))'s",
                why: "the provider is asked and may say that the image is not its own",
                fix: "where it is meant, write it under providers.\(ids[0]).matchImages in config.json too")
        }
    }

    /// A provider's own patterns and the operator's.
    func patterns(of id: String) -> [ImagePattern] {
        (providers.first { $0.id == id }?.patterns ?? []) + (configuration.providers[id]?.matchImages ?? [])
    }

    private mutating func check(program: String, of plugin: CredentialProviderConfig.Plugin, _ reader: ConfigurationReader) {
        let why =
            reader == .kubelet ? "a kubelet does not start when a program of its configuration is missing" : "this provider is left out"
        if let complaint = distrust(ofNamed: program) {
            report.add(
                .error, reader.area, program, complaint,
                why: "whoever can write it runs programs with the rights of the \(reader.rawValue)",
                fix: "programs and the folders above them belong to root, mode 0755")
        }
        do throws(SystemError) {
            let status = try files.status(program)
            if status.kind != .regular {
                report.add(.error, reader.area, program, "it is no file", why: why, fix: "install the program there")
            } else if status.mode & 0o111 == 0 {
                report.add(
                    .error, reader.area, program, "it is not executable (mode 0\(String(status.mode, radix: 8)))", why: why,
                    fix: "chmod 755 \(program)")
            } else {
                report.add(.ok, reader.area, program, "it is there and executable")
            }
        } catch {
            report.add(
                .error, reader.area, program, error.isNotFound ? "it is not there" : error.meaning, why: why,
                fix: "install the program, or take \(plugin.name) out of the configuration")
        }
    }

    /// The providers that a program of this house answers with; none for a program of somebody else.
    func providers(of plugin: CredentialProviderConfig.Plugin, _ program: String) -> [String] {
        guard let resolved = try? files.resolved(program), resolved.hasSuffix("/\(ExecProgramName.own)") else { return [] }
        let name = program.split(separator: "/").last.map(String.init) ?? ""
        if let id = ExecProgramName.provider(ofOwn: name) ?? ExecProgramName.provider(ofForeign: name) { return [id] }
        let named = CommandLineWords([program] + plugin.arguments).values(of: "provider")
        return named.isEmpty ? providers.filter { !$0.patterns.isEmpty }.map(\.id) : named
    }

    private mutating func check(
        _ plugin: CredentialProviderConfig.Plugin, against id: String, _ path: String, _ reader: ConfigurationReader
    ) {
        let subject = "\(path): \(plugin.name)"
        guard let provider = providers.first(where: { $0.id == id }) else {
            report.add(
                .error, reader.area, subject, "no plugin here has the provider \(id)", why: "every question to it fails",
                fix: "install its plugin in \(node.pluginFolders.paths.joined(separator: " or "))")
            return
        }
        let wanted = patterns(of: id)
        let missing = wanted.filter { !plugin.patterns.contains($0) }
        if !missing.isEmpty, !wanted.isEmpty {
            report.add(
                .warning, reader.area, subject,
                "matchImages lacks \(missing.count) of the \(wanted.count) patterns of \(id): "
                    + missing.prefix(5).map(\.text).joined(separator: ", ") + (missing.count > 5 ? ", …" : ""),
                why: "it is not asked for those images, and they are pulled anonymously",
                fix: "provider-exec kubelet-config --provider \(id) prints all of them")
        }
        checkTokens(plugin, provider, subject, reader)
    }

    private mutating func checkTokens(
        _ plugin: CredentialProviderConfig.Plugin, _ provider: ProviderManifest, _ subject: String, _ reader: ConfigurationReader
    ) {
        let policy = configuration.providers[provider.id]?.settings.first { $0.key == "serviceAccount" }?.value
        guard let tokens = plugin.tokenAttributes else {
            guard policy == "require" else { return }
            report.add(
                .error, reader.area, subject, "providers.\(provider.id).serviceAccount is require, and the entry has no tokenAttributes",
                why: "it is never sent a token, so every question fails",
                fix: "provider-exec kubelet-config --provider \(provider.id) --token-attributes")
            return
        }
        if policy == "never" {
            report.add(
                .warning, reader.area, subject,
                "the entry has tokenAttributes, and providers.\(provider.id).serviceAccount is never",
                why: "tokens are made for nothing", fix: "take one of the two out")
        }
        guard let wanted = provider.tokenAttributes else { return }
        if wanted.cacheType == .token, tokens.cacheType == .serviceAccount {
            report.add(
                .warning, reader.area, subject, "its cacheType is ServiceAccount, and \(provider.id) wants Token",
                why: "the kubelet may refuse the answer, or keep it for Pods that come later", fix: "set cacheType: Token")
        }
        // Google's audience names the operator's own project.
        if provider.id != "google-container-registry", tokens.audience != wanted.audience {
            report.add(
                .note, reader.area, subject, "its token's audience is not \(wanted.audience), which \(provider.id) expects unless told",
                why: "the cloud refuses a token for another audience", fix: "compare it with the audience of the cloud's trust")
        }
    }

    private mutating func checkForeign(_ plugin: CredentialProviderConfig.Plugin, _ reader: ConfigurationReader) {
        guard plugin.defaultDuration > Self.longestDefault else { return }
        report.add(
            .warning, reader.area, plugin.name, "its defaultCacheDuration is \(GoDuration.format(plugin.defaultDuration))",
            why: "an answer that does not say how long it holds is kept longer than any cloud's password lasts", fix: "set it below 12h")
    }

    private mutating func checkOverlap(
        _ plugins: [CredentialProviderConfig.Plugin], _ path: String, _ reader: ConfigurationReader
    ) {
        var owners: [String: String] = [:]
        for plugin in plugins {
            for pattern in plugin.patterns {
                if let first = owners[pattern.text], first != plugin.name {
                    report.add(
                        .note, reader.area, path, "\(first) and \(plugin.name) are both asked for \(pattern)",
                        why: "one after the other, for every such image; their answers are tried in this order",
                        fix: "take it out of one of them, unless both are meant")
                } else {
                    owners[pattern.text] = plugin.name
                }
            }
        }
    }
}
