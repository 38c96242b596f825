/// Tells when files have changed, by looking at them again and again: what a rename puts into the place of another file is seen too, on
/// any file system. A folder changes when names in it come, go or are replaced.
public struct FileWatch: Sendable, Equatable {
    /// What tells one content of a file from another without reading it; nil for a file that is not there.
    private struct Stamp: Sendable, Equatable {
        let device: UInt64
        let inode: UInt64
        let size: Int64
        let modified: Int64

        init?(_ path: String) {
            guard let status = try? FileStatus(of: path) else { return nil }
            (device, inode, size, modified) = (status.device, status.inode, status.size, status.modifiedUnixNanoseconds)
        }
    }

    private var stamps: [String: Stamp?] = [:]

    /// Remembers the files as they are: before they are read, so that no change falls between the two.
    public init(_ paths: some Sequence<String>) { add(paths) }

    /// Looks at these files, too.
    public mutating func add(_ paths: some Sequence<String>) {
        for path in paths where stamps[path] == nil { stamps[path] = .some(Stamp(path)) }
    }

    /// Looks at the files of another watch, too, as they were for it.
    public mutating func add(_ other: FileWatch) { stamps.merge(other.stamps) { mine, _ in mine } }

    /// The files that have changed since the last look, in order.
    public mutating func changes() -> [String] {
        var changed: [String] = []
        for (path, before) in stamps {
            let now = Stamp(path)
            guard now != before else { continue }
            stamps[path] = .some(now)
            changed.append(path)
        }
        return changed.sorted()
    }
}
