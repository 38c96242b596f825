import TabardConfig
import TabardCore
@testable import TabardHost
import TabardSystem
import TabardTestSupport
import Testing

/// Compiles the C plugins of Tests/Fixtures/plugins.
enum FixturePlugin {
    /// Compiles `name.c` into `folder` and returns the path of the shared object; `flags` come last, or first where their order counts.
    static func compile(_ name: String, into folder: TemporaryFolder, as file: String? = nil, flags: [String] = [], before: Bool = false)
        throws -> String
    {
        let output = folder.path("\(file ?? name).so")
        let source = Fixtures.path("plugins/\(name).c")
        let root = Fixtures.path("../..")
        let compiler = try #require(ChildCommand.find("cc", in: "/usr/bin:/usr/local/bin"), "no C compiler")
        let command = ChildCommand(
            path: compiler,
            arguments: (before ? flags : []) + [
                "-std=c11", "-D_GNU_SOURCE", "-fPIC", "-shared", "-I\(root)/Sources/CTabard/include", "-o", output, source,
            ] + (before ? [] : flags),
            environment: ["PATH": "/usr/bin:/bin"])
        let child = try ChildProcess(command)
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        let deadline = SystemClocks().monotonicNanoseconds + 120_000_000_000
        let (ending, errors) = try child.exchange(input: empty, until: deadline, outputLimit: 65536) { _ in }
        try #require(ending == .exited(0), "\(String(decoding: errors, as: UTF8.self))")
        return output
    }

    /// The manifest that belongs to the fixtures with the usual description.
    static let manifest = PluginManifest(
        version: "1.2.3", vendor: "Tabard's tests", abiMinor: 0,
        providers: [
            ProviderManifest(
                id: "fixture", title: "A fixture",
                patterns: (try? [ImagePattern("*.fixture.test"), ImagePattern("fixture.test/deep")]) ?? [],
                settings: [
                    SettingDescription(key: "user", doc: "the user to answer with; \"user\" by default"),
                    SettingDescription(key: "password", doc: "the password to answer with", isSecret: true),
                    SettingDescription(key: "endpoint", doc: "what to ask for the password", kind: .url),
                    SettingDescription(key: "gate", doc: "a pipe to wait for", kind: .path),
                    SettingDescription(key: "interval", doc: "a duration", kind: .duration),
                    SettingDescription(key: "verbose", doc: "a flag", kind: .flag),
                    SettingDescription(key: "count", doc: "a number", kind: .number),
                    SettingDescription(key: "scopes", doc: "a list", isRepeated: true),
                    SettingDescription(key: "rules.match", doc: "a list of patterns", kind: .pattern, isRepeated: true),
                ])
        ])
}
