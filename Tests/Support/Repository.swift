import TabardSystem

/// Where things are in the source tree.
public enum Repository {
    /// The folder with Package.swift, without a slash at the end.
    public static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    /// The interpreter of the environment that `scripts/setup test` makes, or the system's own, which is enough for scripts that need only
    /// the standard library. TABARD_PYTHON names another.
    public static let python: String = {
        if let named = Environment.nonEmptyValue("TABARD_PYTHON") { return named }
        let own = "\(root)/.venv/bin/python"
        return (try? FileSystem.resolvedPath(own)) == nil ? "python3" : own
    }()
}
