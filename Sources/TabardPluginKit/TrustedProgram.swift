package import TabardCore
internal import TabardSystem

/// Programs that a file may tell this process to run: only such as nobody but root and the own user can change.
package enum TrustedProgram {
    /// The program's path without links, when it and every folder above it are safe.
    ///
    /// - Parameter purpose: What names it, for messages.
    /// - Throws: `.local` when there is no such program, `.denied` naming what others can write.
    package static func path(of program: String, for purpose: String) throws(Failure) -> String {
        let attempt = "looking at the program of \(purpose)"
        do {
            let path = try FileSystem.resolvedPath(program)
            let file = try FileStatus(of: path)
            guard file.kind == .regular, file.mode & 0o111 != 0 else {
                throw Failure(
                    .local, attempting: attempt, on: program, reason: "it is not a program", advice: "name an executable file")
            }
            try refuseOthers(file, path, attempt, isFolder: false)
            var folder = path
            while let slash = folder.utf8.lastIndex(of: UInt8(ascii: "/")) {
                folder = String(folder[..<slash])
                let name = folder.isEmpty ? "/" : folder
                try refuseOthers(try FileStatus(of: name), name, attempt, isFolder: true)
            }
            return path
        } catch let failure as Failure {
            throw failure
        } catch {
            let meaning = (error as? SystemError)?.meaning ?? "it cannot be looked at"
            throw Failure(.local, attempting: attempt, on: program, reason: meaning, advice: "correct the path, or install it")
        }
    }

    private static func refuseOthers(_ status: FileStatus, _ path: String, _ attempt: String, isFolder: Bool) throws(Failure) {
        // In a folder like /tmp (sticky) others can add names, but not replace ours.
        let isOpen = status.mode & 0o022 != 0 && !(isFolder && status.mode & 0o1000 != 0)
        guard isOpen || status.owner != 0 && status.owner != FileSystem.effectiveUser else { return }
        throw Failure(
            .denied, attempting: attempt, on: path,
            reason: isOpen
                ? "others than its owner can write it (mode \(String(status.mode, radix: 8)))"
                : "it belongs to user \(status.owner), neither root nor the user of this process",
            advice: "chown root and chmod go-w it, so that nobody else decides what this process runs")
    }
}
