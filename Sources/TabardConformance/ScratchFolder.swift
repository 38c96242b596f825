import Glibc
import TabardCore
import TabardSystem

/// A folder of this run alone, with a file that holds a secret: what settings of the kind "path" name.
struct ScratchFolder {
    let path: String

    init() throws(Failure) {
        let parent = Environment.nonEmptyValue("TMPDIR") ?? "/tmp"
        var template = Array("\(parent)/tabard-check-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Failure(.local, attempting: "making a folder for the checks", on: parent, reason: SystemError("mkdtemp").meaning)
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        do throws(SystemError) {
            let file = try FileDescriptor.open("\(path)/secret", flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
            try Secret(ProbeAnswer.canary).withBytes { (bytes) throws(SystemError) in try file.writeAll(bytes) }
        } catch {
            throw Failure(.local, attempting: "writing a file for the checks", on: path, reason: error.meaning)
        }
    }

    /// Removes it.
    func remove() {
        unlink("\(path)/secret")
        rmdir(path)
    }
}
