import TabardHost
import TabardSystem

/// The programs of this installation that answer from the plugins that this host has itself, whatever name or link leads to them.
struct OwnPrograms {
    private let files: [(device: UInt64, inode: UInt64)]

    /// Those beside the file that this code is in, which in another's process is the library, and that file.
    init() {
        guard let path = FileSystem.objectPath else {
            files = []
            return
        }
        let places = [path] + PluginIsolation.places(beside: path)
        files = places.compactMap { place in (try? FileStatus(of: place)).map { ($0.device, $0.inode) } }
    }

    /// Whether `path` is one of them.
    func contains(_ path: String) -> Bool {
        guard let status = try? FileStatus(of: path) else { return false }
        return files.contains { $0.device == status.device && $0.inode == status.inode }
    }
}
