import Glibc
import TabardSystem

/// The release binaries, laid out as they are installed: what `scripts/stage` makes and TABARD_STAGE names.
public enum StagedTools {
    /// The folder with `bin` and `lib`.
    public static var folder: String { Environment.nonEmptyValue("TABARD_STAGE") ?? "\(Repository.root)/.build/stage" }

    /// What the executables need beside their own variables: a source tree may lie below `/tmp`, where no plugin would be trusted.
    public static let environment: [String: String] = {
        var path = ""
        let isShared = plugin("gce").split(separator: "/").dropLast().contains { component in
            path += "/\(component)"
            var status = stat()
            return stat(path, &status) == 0 && status.st_mode & 0o022 != 0
        }
        return isShared ? ["TABARD_PLUGIN_RELAXED": "1"] : [:]
    }()

    /// The path of one of the executables.
    public static func path(_ name: String) -> String { "\(folder)/bin/\(name)" }

    /// The path of a plugin's file.
    public static func plugin(_ cloud: String) -> String { "\(folder)/lib/tabard/v1/libtabard-\(cloud).so" }
}
