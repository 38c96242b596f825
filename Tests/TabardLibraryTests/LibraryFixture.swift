import Glibc
import TabardSystem
import TabardTestSupport
import Testing

/// A folder with the plugin `counts`, and handles on it.
final class LibraryFixture: Sendable {
    let folder = TemporaryFolder()
    let plugins: String

    /// Plugins below /tmp are for tests; said once, before any thread reads the environment.
    private static let isRelaxed: Bool = setenv("TABARD_PLUGIN_RELAXED", "1", 1) == 0

    init(_ name: String = "counts") throws {
        try #require(Self.isRelaxed)
        plugins = folder.path("plugins")
        mkdir(plugins, 0o755)
        try Self.compile(name, to: "\(plugins)/\(name).so")
        folder.write("docker/config.json", "{}")
    }

    var dockerConfig: String { folder.path("docker") }

    func open(
        configuration: String = "{}", flags: Int32 = TABARD_OPEN_NO_REFRESH_FLAG
    ) throws -> CEmbedder.Handle {
        let (handle, answer) = CEmbedder.open(plugins: [plugins], configuration: configuration, dockerConfig: dockerConfig, flags: flags)
        return try #require(handle, "\(answer)")
    }

    static func compile(_ name: String, to path: String) throws {
        let include = Fixtures.path("../../Sources/CTabard/include")
        let result = try Tool.run(
            "cc", ["-std=c11", "-D_GNU_SOURCE", "-fPIC", "-shared", "-I\(include)", "-o", path, Fixtures.path("plugins/\(name).c")])
        try #require(result.ending == .exited(0), "\(result.errors)")
    }
}
