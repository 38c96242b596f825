import Glibc
import TabardCore
import TabardSystem

/// A folder of this run alone, with a file that holds a secret: what settings of the kind "path" name.
struct ScratchFolder {
    let path: String

    init() throws(Failure) {
        do throws(SystemError) {
            path = try FileSystem.makeTemporaryFolder("tabard-check")
        } catch {
            throw Failure(.local, attempting: "making a folder for the checks", on: error.subject, reason: error.meaning)
        }
        do throws(SystemError) {
            let file = try FileDescriptor.open("\(path)/secret", flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
            try Secret(ProbeAnswer.canary).withBytes { (bytes) throws(SystemError) in try file.writeAll(bytes) }
        } catch {
            throw Failure(.local, attempting: "writing a file for the checks", on: path, reason: error.meaning)
        }
    }

    /// Removes it.
    func remove() {
        // What stays behind is a file of made-up words in the folder for temporary files.
        try? FileSystem.removeFolder(path)
    }
}
