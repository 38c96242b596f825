import CTabardSystem
import Glibc
import TabardSystem

/// What of a process belongs to all that runs in it, and what a plugin leaves alone.
struct Surroundings {
    let environment: [String: String]
    let folder: String
    let umask: String
    let locale: String
    let signals: [UInt]
    let descriptors: [String]
    let threads: Int
    let hasChildren: Bool

    /// As they are now.
    init() {
        environment = Environment.all
        folder = (try? FileSystem.resolvedPath(".")) ?? ""
        let status = (try? FileSystem.contents(of: "/proc/self/status", limit: 65536)) ?? []
        umask = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("Umask") }.map(String.init) ?? ""
        locale = setlocale(LC_ALL, nil).map { String(cString: $0) } ?? ""
        // SIGSYS is the checks' own.
        signals = (1...64).map { $0 == SIGSYS ? 0 : tabard_signal_handler($0) }
        descriptors = ((try? FileSystem.names(in: "/proc/self/fd")) ?? []).filter { name in
            // The folder that is being read is among them.
            guard let target = try? FileSystem.resolvedPath("/proc/self/fd/\(name)") else { return true }
            return !target.hasSuffix("/fd")
        }
        threads = ((try? FileSystem.names(in: "/proc/self/task")) ?? []).count
        var ending: Int32 = 0
        hasChildren = waitpid(-1, &ending, WNOHANG) >= 0
    }

    /// What has changed since then.
    ///
    /// - Parameter hasRuntime: A language runtime may have threads, signal handlers and descriptors of its own.
    func changes(since before: Surroundings, hasRuntime: Bool) -> [String] {
        var changes: [String] = []
        let names = Set(environment.keys).union(before.environment.keys).filter { environment[$0] != before.environment[$0] }
        if !names.isEmpty { changes.append("the environment (\(names.sorted().joined(separator: ", ")))") }
        if folder != before.folder { changes.append("the working folder (\(folder))") }
        if umask != before.umask { changes.append("the umask") }
        if locale != before.locale { changes.append("the locale (\(locale))") }
        if hasChildren { changes.append("a child process") }
        guard !hasRuntime else { return changes }
        let handled = (0..<64).filter { signals[$0] != before.signals[$0] }.map { "\($0 + 1)" }
        if !handled.isEmpty { changes.append("the handlers of the signals \(handled.joined(separator: ", "))") }
        let opened = Set(descriptors).subtracting(before.descriptors)
        if !opened.isEmpty { changes.append("\(opened.count) open files") }
        if threads > before.threads { changes.append("\(threads - before.threads) threads") }
        return changes
    }
}
