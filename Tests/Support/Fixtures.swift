public import TabardJSON
import TabardSystem

/// The test cases that are data: files under Tests/Fixtures, named `suite/file.json`.
public enum Fixtures {
    private static let folder: String = {
        let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        return "/\(tests)/Fixtures"
    }()

    /// The absolute path of a fixture.
    public static func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// All bytes of a fixture.
    public static func bytes(_ name: String) throws -> [UInt8] {
        try FileSystem.contents(of: path(name), limit: 16 << 20)
    }

    /// A fixture as text.
    public static func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

    /// A fixture that is one JSON document.
    public static func json(_ name: String) throws -> JSONNode {
        try JSONDocument(reading: try bytes(name), from: JSONSource(name, attempting: "reading a fixture")).root
    }

    /// A fixture with one JSON document per line; failures name the line.
    public static func jsonLines(_ name: String) throws -> [JSONNode] {
        try text(name).split(separator: "\n").enumerated().map { number, line in
            try JSONDocument(reading: Array(line.utf8), from: JSONSource("\(name) line \(number + 1)", attempting: "reading a fixture"))
                .root
        }
    }

    /// The names in a suite's folder, in byte order.
    public static func names(in suite: String) throws -> [String] { try FileSystem.names(in: path(suite)) }
}
