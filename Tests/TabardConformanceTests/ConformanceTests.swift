import TabardConformance
import TabardCore
import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// One C file per fault, one line in faults.json per check that must find it.
@Suite struct ConformanceTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let plugin: String, check: Check, detail: String
        var testDescription: String { "\(plugin): \(check.rawValue)" }

        static func all() throws -> [Case] {
            try Fixtures.json("plugins/faults.json").requireArray("check").map { node in
                Case(
                    plugin: try node.requireString("plugin"), check: try #require(Check(rawValue: try node.requireString("check"))),
                    detail: try node.requireString("detail"))
            }
        }
    }

    @Test(arguments: try Case.all())
    func `each fault fails its check, and is named`(_ fault: Case) throws {
        let folder = TemporaryFolder()
        let report = try Self.check(try Self.compile(fault.plugin, into: folder), [fault.check])
        let result = try #require(report.results.first)
        #expect(!result.passed && !report.passed)
        #expect(result.detail.contains(fault.detail), "\(result.detail)")
    }

    @Test func `every check can fail`() throws {
        // A stale manifest needs no plugin of its own: see below.
        #expect(Set(try Case.all().map(\.check)) == Set(Check.allCases).subtracting([.manifest]))
    }

    @Test(arguments: ["good", "any"])
    func `a plugin without fault passes everything`(_ plugin: String) throws {
        let folder = TemporaryFolder()
        let report = try Self.check(try Self.compile(plugin, into: folder), Check.allCases)
        #expect(report.passed, "\(report.text)")
        #expect(report.results.map(\.check) == Check.allCases)
        let json = try JSONDocument(parsing: Array(report.json.utf8)).root
        #expect(json["plugin"]?.string == folder.path("\(plugin).so") && json["passed"]?.bool == true)
        #expect(json["checks"]?.elements.first?["name"]?.string == "exports")
        #expect(report.text.hasSuffix("\(Check.allCases.count) passed, 0 failed"))
    }

    @Test func `a manifest that says something else than the plugin is found out`() throws {
        let folder = TemporaryFolder()
        let path = try Self.compile("good", into: folder)
        folder.write(
            "good.json",
            #"{"schema":1,"version":"1","vendor":"x","abiMinor":0,"providers":[{"id":"fixture","title":"x","patterns":["x.test"]}]}"#)
        let report = try Self.check(path, [.manifest])
        #expect(report.results.first?.detail.contains("is stale: the patterns of fixture") == true, "\(report.text)")
        folder.write("good.json", "{")
        #expect(try !Self.check(path, [.manifest]).passed)
    }

    @Test func `what hosts cannot use is not checked further`() throws {
        let folder = TemporaryFolder()
        let report = try Self.check(folder.write("text.so", "no plugin"), [.exports, .description, .memory])
        #expect(report.results.map(\.passed) == [false, false, false])
        #expect(report.results[2].detail.hasPrefix("not run, because hosts cannot use the plugin"), "\(report.text)")
        #expect(throws: Failure.self) { try Self.check(folder.path("none.so"), [.exports]) }
    }

    /// Runs checks, each in a process of the `tabard` that was built beside this program.
    static func check(_ plugin: String, _ checks: [Check]) throws -> ConformanceReport {
        let program = try program("tabard")
        var options = ConformanceOptions()
        options.checks = checks
        return try Conformance(plugin: plugin, options: options) { check, plugin, folder in
            ChildCommand(
                path: program, arguments: ["check-one", check.rawValue, plugin, "--folder", folder],
                environment: ["SWIFT_BACKTRACE": "enable=no"])
        }.run()
    }

    /// The path of a program that was built with this one.
    static func program(_ name: String) throws -> String {
        let own = try FileSystem.resolvedPath("/proc/self/exe")
        return own.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/\(name)"
    }

    static func compile(_ name: String, into folder: TemporaryFolder) throws -> String {
        let output = folder.path("\(name).so")
        let made = try Tool.run(
            "cc",
            [
                "-std=c11", "-D_GNU_SOURCE", "-fPIC", "-shared", "-fvisibility=hidden", "-I\(Repository.root)/Sources/CTabard/include",
                "-o", output, Fixtures.path("plugins/\(name).c"),
            ])
        try #require(made.status == 0, "\(made)")
        return output
    }
}
