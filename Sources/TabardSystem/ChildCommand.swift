import Glibc

/// What to start: a program, its arguments and the whole of its environment.
public struct ChildCommand: Sendable {
    /// The path of the program. PATH is not searched: see `find`.
    public var path: String
    /// The arguments after the program's own name.
    public var arguments: [String]
    /// All variables that the program sees; nothing of this process's own environment is added.
    public var environment: [String: String]

    /// Names a program; nothing is looked up yet.
    public init(path: String, arguments: [String] = [], environment: [String: String] = [:]) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
    }

    /// The first executable file of that name in the folders of `searchPath`, as execvp(3) would take it.
    ///
    /// - Parameters:
    ///   - name: A bare file name. One with a slash is never found, so that no name from a file can point outside the folders.
    ///   - searchPath: The value of PATH. Relative and empty parts, which mean the current folder, are left out.
    public static func find(_ name: String, in searchPath: String) -> String? {
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == 0 }) else {
            return nil
        }
        for folder in searchPath.split(separator: ":") where folder.hasPrefix("/") {
            let path = "\(folder)/\(name)"
            var status = stat()
            if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, access(path, X_OK) == 0 { return path }
        }
        return nil
    }
}
