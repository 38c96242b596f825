import CTabard
import CTabardSystem
public import TabardCore
import TabardSystem

/// The process that runs one check: a plugin that crashes or hangs ends this one and nobody else.
public final class CheckProcess {
    let check: Check
    let plugin: String
    let options: ConformanceOptions
    /// A folder for files that the check needs.
    let folder: String
    let channel: CheckChannel
    /// What the plugin writes to standard output.
    let printed: FileDescriptor
    let hasRuntime: Bool

    private init(
        _ check: Check, _ plugin: String, _ options: ConformanceOptions, _ folder: String, answer: consuming FileDescriptor,
        printed: consuming FileDescriptor
    ) {
        self.check = check
        self.plugin = plugin
        self.options = options
        self.folder = folder
        channel = CheckChannel(answer)
        self.printed = printed
        hasRuntime = (try? SharedObjectSymbols(path: plugin))?.isGo ?? false
    }

    /// Runs `check` and writes what it found to standard output, which the plugin does not see.
    ///
    /// - Throws: When this process cannot be made ready.
    public static func run(_ check: Check, of plugin: String, options: ConformanceOptions, folder: String) throws(Failure) {
        let process: CheckProcess
        do throws(SystemError) {
            let answer = try ProcessHardening.reserveStandardOutput()
            process = CheckProcess(check, plugin, options, folder, answer: answer, printed: try FileDescriptor.memoryAsStandardOutput())
        } catch {
            throw Failure(.local, attempting: "preparing a check", reason: error.description)
        }
        do throws(Complaint) {
            let detail = try process.verdict()
            if let error = ProbeMemory.shortage.read({ $0 }) {
                throw Complaint("this machine had not the memory for the check, which says nothing about the plugin: \(error)")
            }
            process.channel.pass(detail)
        } catch {
            process.channel.fail(error.reason)
        }
    }

    private func verdict() throws(Complaint) -> String {
        switch check {
        case .exports: try Conformance.exports(plugin)
        case .description: try description()
        case .manifest: try manifest()
        case .entry: try entry()
        case .quietLoad: try quietLoad()
        case .extensions: try extensions()
        case .settings: try settings()
        case .matches: try matches()
        case .results: try results()
        case .failures: try failures()
        case .deadline: try deadline()
        case .cancellation: try cancellation()
        case .concurrency: try concurrency()
        case .lifetimes: try lifetimes()
        case .noExtensions: try noExtensions()
        case .olderHost: try olderHost()
        case .newerHost: try newerHost()
        case .standardStreams: try standardStreams()
        case .surroundings: try surroundings()
        case .secrets: try secrets()
        case .memory: try memory()
        }
    }

    /// Loads the plugin for a host.
    func subject(_ host: ProbeHost) throws(Complaint) -> Subject {
        channel.at("its entry")
        return try Subject(path: plugin, host: host)
    }

    /// For each provider the settings and the image with which it does most: gives credentials, or else fails latest.
    ///
    /// A provider that takes no settings at all is left out; `settings` says so.
    func trials(of subject: Subject, on host: ProbeHost) throws(Complaint) -> [Trial] {
        var trials: [Trial] = []
        for provider in subject.providers {
            if let trial = try trial(of: provider, on: host) { trials.append(trial) }
        }
        return trials
    }

    /// The settings that a provider is tried with.
    func settingsToTry(_ provider: ProbeProvider) -> [[(String, String)]] {
        let own = options.sets.compactMap { set -> (String, String)? in
            guard set.hasPrefix("\(provider.id)."), let equals = set.firstIndex(of: "=") else { return nil }
            return (String(set[..<equals].dropFirst(provider.id.utf8.count + 1)), String(set[set.index(after: equals)...]))
        }
        let patterns = [("matchImages.0", "conformance.example.com")]
        // Every provider takes the operator's patterns, described or not.
        let madeUp = provider.madeUpSettings(in: folder).filter { !$0.0.hasPrefix("matchImages") }
        return own.isEmpty ? [madeUp + patterns, patterns] : [own, own + patterns]
    }

    private func trial(of provider: ProbeProvider, on host: ProbeHost) throws(Complaint) -> Trial? {
        var best: Trial?
        let images = options.image.flatMap { try? ImageReference($0) }.map { [$0] } ?? provider.images
        for settings in settingsToTry(provider) {
            channel.at("create() of \(provider.id)")
            guard let instance = provider.create(settings, on: ProbeCall(host)).instance else { continue }
            defer { provider.destroy(instance) }
            for image in images {
                channel.at("matches() of \(provider.id) for \(image.name)")
                guard provider.matches(instance, image, on: host) else { continue }
                channel.at("provide() of \(provider.id) for \(image.name)")
                let outcome = provider.provide(instance, image, on: ProbeCall(host))
                let trial = Trial(provider: provider, settings: settings, image: image, outcome: outcome)
                if trial.worth > best?.worth ?? -1 { best = trial }
                if trial.worth > 2 { return trial }
            }
        }
        return best
    }
}

extension Trial {
    /// Which of two trials puts more of the plugin to work.
    fileprivate var worth: Int {
        if outcome.status.rawValue >= 0 { return outcome.record.entries.isEmpty ? 0 : 3 }
        return outcome.record.exchanges > 0 ? 2 : 1
    }
}

extension FileDescriptor {
    /// A file in memory that descriptor 1 writes to from now on.
    fileprivate static func memoryAsStandardOutput() throws(SystemError) -> FileDescriptor {
        let number = tabard_memory_file()
        guard number >= 0 else { throw SystemError("memfd_create") }
        let file = FileDescriptor(owning: number)
        try file.becomeStandardOutput()
        return file
    }
}
