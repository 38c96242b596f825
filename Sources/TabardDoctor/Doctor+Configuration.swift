import TabardConfig
import TabardCore
import TabardHost
import TabardSystem

/// `config.json`: whether it can be read, who can write it, and whether the providers understand it.
extension Doctor {
    private static let usualPlace = "/etc/tabard/config.json"

    mutating func checkConfiguration() {
        let named = node.configurationFile ?? shell["TABARD_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        // The value of a variable is not shown.
        let subject = node.configurationFile ?? (named == nil ? Self.usualPlace : "the file of TABARD_CONFIG")
        let path = named ?? Self.usualPlace
        guard named != nil || (try? files.status(path)) != nil else {
            report.add(.ok, .configuration, subject, "there is none: every setting has its default")
            return
        }
        do throws(Failure) {
            configuration = try TabardConfiguration.load(path: files.place(path))
        } catch {
            // The place is kept: line and column are half of the answer.
            let place = error.subject.split(separator: ":").dropFirst().joined(separator: ":")
            report.add(
                .error, .configuration, subject, (place.isEmpty ? "" : "\(place): ") + withoutPath(error.reason, path),
                why: "no program of Tabard answers anything while it is wrong", fix: error.advice)
            return
        }
        for warning in configuration.warnings { report.add(.warning, .configuration, subject, withoutPath(warning, path)) }
        check(permissionsOf: path, as: subject)
        checkSettings(subject, path)
        if !report.findings.contains(where: { $0.area == .configuration && $0.severity == .error }) {
            let ids = configuration.providers.keys.sorted()
            report.add(
                .ok, .configuration, subject, "read" + (ids.isEmpty ? "" : "; it has settings for \(ids.joined(separator: ", "))"))
        }
    }

    /// A file that the value of a variable names is not shown by its path.
    private func withoutPath(_ text: String, _ path: String) -> String {
        text.replacing(text: files.place(path), with: "the file").replacing(text: path, with: "the file")
    }

    private mutating func check(permissionsOf path: String, as subject: String) {
        if let complaint = distrust(ofNamed: path) {
            report.add(
                .error, .configuration, subject, withoutPath(complaint, path),
                why: "whoever can write it decides where credentials are sent and which programs are started",
                fix: "it and the folders above it belong to root, mode 0644, or 0600 where it holds secrets")
        }
        let secrets = providers.flatMap { provider in provider.settings.filter(\.isSecret).map { "\(provider.id).\($0.key)" } }
        let set = configuration.providers.flatMap { id, provider in provider.settings.map { "\(id).\($0.key)" } }
        if let secret = set.sorted().first(where: secrets.contains), let mode = try? files.status(path).mode, mode & 0o044 != 0 {
            report.add(
                .error, .configuration, subject,
                "it holds the secret \(secret) and can be read by others (mode 0\(String(mode, radix: 8)))",
                why: "every process on the node can read it", fix: "chmod 600 on it")
        }
    }

    private mutating func checkSettings(_ subject: String, _ path: String) {
        let known = providers
        for (id, settings) in configuration.providers.sorted(by: { $0.key < $1.key }) {
            guard let provider = known.first(where: { $0.id == id }) else {
                let nearest = NearestName.to(id, among: known.map(\.id))
                report.add(
                    .warning, .configuration, subject, "providers.\(id): no plugin here has a provider of that id",
                    why: "these settings are for nobody",
                    fix: nearest.map { "did you mean \($0)?" } ?? "install its plugin, or take the settings out")
                continue
            }
            do throws(Failure) {
                _ = try SettingsCheck.settings(of: settings, for: provider)
            } catch {
                report.add(
                    .error, .configuration, subject, withoutPath(error.reason, path),
                    why: "no program of Tabard answers anything while it is wrong", fix: error.advice)
            }
            for setting in settings.settings where provider.settings.contains(where: { $0.key == setting.key && $0.kind == .path }) {
                check(file: setting.value, of: "providers.\(id).\(setting.key)", in: subject)
            }
        }
    }

    private mutating func check(file: String, of setting: String, in subject: String) {
        do throws(SystemError) {
            let mode = try files.status(file).mode
            let words = ["secret", "password", "certificate", "token", "credentials"]
            if mode & 0o004 != 0, words.contains(where: { setting.lowercased().contains(text: $0) }) {
                report.add(
                    .warning, .configuration, subject, "\(setting): \(file) can be read by everybody (mode 0\(String(mode, radix: 8)))",
                    why: "every process on the node can use that identity", fix: "chmod 600 \(file)")
            }
        } catch {
            report.add(
                .error, .configuration, subject, "\(setting) names \(file): \(error.meaning)",
                why: "the provider has no identity without it",
                fix: "put the file there, or correct the path")
        }
    }
}
