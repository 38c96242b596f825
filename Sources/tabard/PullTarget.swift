import Glibc
import TabardCommand
import TabardCore
import TabardRegistry
import TabardSystem

/// Where pulled images go: into a layout that stays, or through one into an archive.
struct PullTarget {
    /// The layout that is pulled into.
    let layoutPath: String
    private let archive: (output: String, format: ArchiveFormat)?

    /// - Parameters:
    ///   - dest: The layout, or nil for `./oci`.
    ///   - output: The archive, `-` for standard output, or nil for none.
    init(dest: String?, output: String?, format: ArchiveFormat) throws(Failure) {
        archive = output.map { ($0, format) }
        switch output {
        case nil: layoutPath = dest ?? "./oci"
        case "-"?:
            guard isatty(1) == 0 else {
                throw Failure(
                    .invalid, attempting: "writing the archive", on: "standard output", reason: "it is a terminal",
                    advice: "redirect it, or give a file with --output")
            }
            layoutPath = try Self.system { () throws(SystemError) in try FileSystem.makeTemporaryFolder("tabard-pull") }
        // Beside the archive, so that an interrupted pull goes on there, and the last step is a rename.
        case let output?:
            try Self.checkPlace(output)
            layoutPath = "\(output).partial"
        }
    }

    /// The archive takes the place of what is there: of an archive, never of a device, a pipe or a link such as /dev/stdout.
    private static func checkPlace(_ output: String) throws(Failure) {
        guard let kind = try? FileStatus(of: output, followingLinks: false).kind, kind != .regular else { return }
        let (what, advice) =
            switch kind {
            case .directory: ("a folder", "name a file in it")
            case .symbolicLink: ("a symbolic link, which the archive would replace", "name the file that it leads to")
            default: ("no regular file, and the archive would replace it", "send the archive there with: --output - >\(output)")
            }
        throw Failure(.invalid, attempting: "writing the archive", on: output, reason: "it is \(what)", advice: advice)
    }

    /// Tells a line of the result, on standard output unless the archive goes there.
    func say(_ line: String) {
        if archive?.output == "-" { StandardErrorLog.write(line) } else { StandardOutput.line(line) }
    }

    /// Writes the archive, if one is wanted, and removes the layout that led to it.
    func finish(_ names: [String], from layout: OCILayout, cancellation: Cancellation) throws(Failure) {
        guard let archive else { return }
        if archive.output == "-" {
            let file = FileDescriptor(owning: dup(1))
            try layout.archive(names, as: archive.format, to: file, cancellation: cancellation)
        } else {
            try layout.archive(names, as: archive.format, at: archive.output, cancellation: cancellation)
        }
        try Self.system { () throws(SystemError) in try FileSystem.removeFolder(layoutPath) }
    }

    /// Whether no other run can come back to the layout.
    var isTemporary: Bool { archive?.output == "-" }

    /// Removes what nobody can come back for. The failure that led here matters more than one of this.
    func abandon() {
        if isTemporary { try? FileSystem.removeFolder(layoutPath) }
    }

    private static func system<Result>(_ body: () throws(SystemError) -> Result) throws(Failure) -> Result {
        do throws(SystemError) { return try body() } catch {
            throw Failure(
                .local, attempting: "preparing the archive", on: error.subject, reason: "\(error.call): \(error.meaning)",
                advice: "check space and permissions, or choose another place with --output or TMPDIR")
        }
    }
}
