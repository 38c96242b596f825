import CTabard
import CTabardSystem
import TabardConfig
import TabardCore
import TabardHTTP
import TabardHost
import TabardSystem

/// The checks that look at the plugin before anybody asks it for credentials.
extension CheckProcess {
    /// The host's own reader decides.
    func description() throws(Complaint) -> String {
        channel.at("its entry")
        let manifest = try readManifest()
        let providers = manifest.providers.map(\.id).joined(separator: ", ")
        return "\(manifest.vendor) \(manifest.version), ABI 1.\(manifest.abiMinor): \(providers)"
    }

    private func readManifest() throws(Complaint) -> PluginManifest {
        let clocks = SystemClocks()
        let services = HostServices(
            name: "tabard-check", version: Release.version, http: AnsweringHTTP(answer: .hold), clocks: clocks, log: .silent)
        do throws(Failure) {
            return try ManifestWriter.manifest(ofPlugin: plugin, services: services, trust: .relaxed)
        } catch {
            throw Complaint(error.advice.isEmpty ? error.reason : "\(error.reason); \(error.advice)")
        }
    }

    func manifest() throws(Complaint) -> String {
        let place = plugin.hasSuffix(".so") ? "\(plugin.dropLast(3)).json" : "\(plugin).json"
        let beside: PluginManifest
        do throws(Failure) {
            beside = try PluginManifest.load(path: place)
        } catch {
            guard error.code == .notFound else { throw Complaint("\(error)") }
            return "there is none; write it with `tabard manifest \(plugin) > \(place)`, so that hosts need not load the plugin to know it"
        }
        channel.at("its entry")
        if let difference = beside.difference(from: try readManifest()) {
            throw Complaint("\(place) is stale: \(difference); write it again with `tabard manifest`")
        }
        return place
    }

    func entry() throws(Complaint) -> String {
        let host = ProbeHost()
        let entry = try Subject.load(plugin)
        channel.at("its entry")
        let started = SystemClocks().monotonicNanoseconds
        let first = try Subject.ask(entry, host)
        let took = SystemClocks().monotonicNanoseconds - started
        let size = first.pointee.struct_size
        guard try Subject.ask(entry, host) == first, first.pointee.struct_size == size else {
            throw Complaint("the second call gave another table than the first")
        }
        guard try Subject.ask(entry, ProbeHost()) == first else { throw Complaint("another host's call gave another table") }
        guard took < 100_000_000 else { throw Complaint("it took \(took / 1_000_000) ms; a host that scans a folder allows 100") }
        return "\(took / 1000) µs"
    }

    func quietLoad() throws(Complaint) -> String {
        let host = ProbeHost()
        let before = Surroundings()
        let isWatched = tabard_watch_system_calls(0) == 0
        channel.at("being loaded (dlopen)")
        let entry = try Subject.load(plugin)
        if isWatched { _ = tabard_watch_system_calls(1) }
        channel.at("its entry")
        _ = try Subject.ask(entry, host)
        if let call = tabard_watched_system_call() { throw Complaint("it called \(String(cString: call))(2) while it was loaded") }
        // Looked at before anything else is opened, which the second watch would refuse.
        guard !isWatched else {
            let threads = try threadsWithoutOpening()
            guard hasRuntime || threads == before.threads else { throw Complaint("it started \(threads - before.threads) threads") }
            if Environment.all != before.environment { throw Complaint("it changed the environment") }
            return hasRuntime ? "\(threads - before.threads) threads of the Go runtime" : ""
        }
        let changes = Surroundings().changes(since: before, hasRuntime: hasRuntime)
        guard changes.isEmpty else { throw Complaint("it changed \(changes.joined(separator: ", "))") }
        return "without seccomp: system calls were not watched"
    }

    /// Threads of this process, counted without opening a file: a thread gone is not counted, an open folder is not needed.
    private func threadsWithoutOpening() throws(Complaint) -> Int {
        guard let count = FileSystem.linkCount(of: "/proc/self/task") else { throw Complaint("/proc/self/task cannot be read") }
        // ".", ".." and one for each thread.
        return count - 2
    }

    func extensions() throws(Complaint) -> String {
        let subject = try subject(ProbeHost())
        for provider in subject.providers {
            guard let get = provider.table.pointee.get_extension else { continue }
            for id in ["", "com.example.conformance/1", "tabard.token-attributes/999", "tabard.token-attributes", "tabard.http/1"] {
                channel.at("get_extension(\"\(id)\") of \(provider.id)")
                let memory = ProbeMemory(.guarded)
                let text = memory.text(id)
                guard get(provider.table, text.ptr, text.len) == nil else {
                    throw Complaint("\(provider.id) gave a table for \"\(id)\", which it cannot know")
                }
            }
        }
        return ""
    }
}

/// HTTP for the host's own code in a check.
struct AnsweringHTTP: HTTPExchanging {
    let answer: ProbeAnswer

    func perform(_ request: HTTPRequest, until deadline: Int64, cancellation: Cancellation?) throws(Failure) -> HTTPResponse {
        switch answer {
        case .reply(let status, let headers, let body):
            var fields = HTTPHeaders()
            for header in headers { fields.add(header.0, header.1) }
            return HTTPResponse(status: Int(status), headers: fields, body: Secret(body))
        case .failure(_, let reason): throw Failure(.unavailable, attempting: "asking", reason: reason)
        case .hold: throw Failure(.unavailable, attempting: "asking", reason: "a check has no network")
        }
    }
}
