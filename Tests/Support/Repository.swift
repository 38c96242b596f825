import TabardSystem

/// Where things are in the source tree.
public enum Repository {
    /// The folder with Package.swift, without a slash at the end.
    public static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    /// The interpreter of the environment that `scripts/setup test` makes; TABARD_PYTHON names another.
    public static var python: String { Environment.nonEmptyValue("TABARD_PYTHON") ?? "\(root)/.venv/bin/python" }
}
