import TabardSystem

/// The release binaries, laid out as they are installed: what `scripts/stage` makes and TABARD_STAGE names.
public enum StagedTools {
    /// The folder with `bin` and `lib`.
    public static var folder: String { Environment.nonEmptyValue("TABARD_STAGE") ?? "\(Repository.root)/.build/stage" }

    /// The path of one of the executables.
    public static func path(_ name: String) -> String { "\(folder)/bin/\(name)" }

    /// The path of a plugin's file.
    public static func plugin(_ cloud: String) -> String { "\(folder)/lib/tabard/v1/libtabard-\(cloud).so" }
}
