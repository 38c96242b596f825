import TabardCore
import TabardSystem

/// The files of the node that is looked at: this machine's, or those of one whose root is mounted in a folder, as `kubectl debug node/NAME`
/// has it at `/host`.
///
/// Paths are the node's own. Links are followed as the node would follow them, never out of its root.
struct NodeFiles: Sendable {
    /// The folder that stands for `/`, without a slash at its end; empty for this machine.
    let root: String

    private static let mostLinks = 40

    init(root: String = "") { self.root = root.last == "/" ? String(root.dropLast()) : root }

    /// Whether this process runs on the node itself.
    var isThisMachine: Bool { root.isEmpty }

    /// The path without links, `.` and `..`, as the node sees it. Names that are not there are kept.
    func resolved(_ path: String) throws(SystemError) -> String {
        guard !isThisMachine else { return try FileSystem.resolvedPath(path) }
        var rest = Array(path.split(separator: "/").map(String.init).reversed())
        var done: [String] = []
        var links = 0
        while let name = rest.popLast() {
            if name == "." { continue }
            if name == ".." {
                _ = done.popLast()
                continue
            }
            guard let target = FileSystem.linkTarget(of: root + "/" + (done + [name]).joined(separator: "/")) else {
                done.append(name)
                continue
            }
            links += 1
            guard links <= Self.mostLinks else { throw SystemError("realpath", on: path, number: 40) }
            if target.hasPrefix("/") { done = [] }
            rest += target.split(separator: "/").map(String.init).reversed()
        }
        return "/" + done.joined(separator: "/")
    }

    /// Where this process finds a file of the node.
    func place(_ path: String) -> String {
        guard !isThisMachine, let resolved = try? resolved(path) else { return path }
        return root + resolved
    }

    /// What the node's system says about a file, links followed.
    func status(_ path: String) throws(SystemError) -> FileStatus { try FileStatus(of: place(path)) }

    /// Whether something of that name and kind is there.
    func has(_ path: String, _ kind: FileStatus.Kind = .regular) -> Bool { (try? status(path))?.kind == kind }

    /// Whether somebody may start that file. The bits are looked at, not what this process may: it need not run on the node.
    func isProgram(_ path: String) -> Bool {
        guard let status = try? status(path) else { return false }
        return status.kind == .regular && status.mode & 0o111 != 0
    }

    /// The names in a folder; none when it cannot be read.
    func names(in folder: String) -> [String] { (try? FileSystem.names(in: place(folder))) ?? [] }

    /// All bytes of a small file.
    func contents(_ path: String) throws(SystemError) -> [UInt8] { try FileSystem.contents(of: place(path), limit: 4 << 20) }

    /// The same as text, or nil when it cannot be read.
    func text(_ path: String) -> String? { (try? contents(path)).map { String(decoding: $0, as: UTF8.self) } }

    /// A text about files of the node with the paths as the node has them.
    func shown(_ text: String) -> String {
        isThisMachine ? text : text.replacing(text: root + "/", with: "/").replacing(text: root, with: "/")
    }

    /// Why the node must not trust a file: somebody else than root and the user of this process could have written it. Nil when it may.
    func distrust(of path: String, _ complaint: (_ resolved: String, _ root: String) throws(SystemError) -> String?) -> String? {
        do throws(SystemError) {
            return try complaint(try resolved(path), root).map(shown)
        } catch {
            return error.isNotFound ? nil : shown(error.description)
        }
    }
}
