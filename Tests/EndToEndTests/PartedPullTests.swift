import Glibc
import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// A large layer from a registry that gives each connection only so much.
@Suite struct PartedPullTests {
    private let folder = TemporaryFolder()
    private let registry: RunningService
    private let digest: String
    private let size: Int64

    init() throws {
        registry = try RunningService("capped_registry.py", ["--log", folder.path("log")], in: folder)
        digest = try registry.ready.requireString("digest")
        size = try #require(registry.ready["size"]?.int64)
    }

    private var environment: [String: String] {
        Tool.environment.merging(StagedTools.environment) { $1 }.merging(["HOME": folder.path, "TMPDIR": folder.path]) { $1 }
    }
    private var arguments: [String] { ["pull", "\(registry.host)/team/large:1", "--dest", folder.path("layout"), "--quiet"] }

    private func pull(_ more: [String] = []) throws -> ToolResult {
        try Tool.run(StagedTools.path("tabard"), arguments + more, environment: environment, within: .seconds(120))
    }

    /// What the registry was asked for of the layer: the range that the request names, the status and how many bytes were sent.
    private func requests() throws -> [(range: String?, status: Int64, sent: Int64)] {
        let text = String(decoding: try FileSystem.contents(of: folder.path("log"), limit: 1 << 20), as: UTF8.self)
        return try text.split(separator: "\n").map { try JSONDocument(parsing: Array($0.utf8)).root }
            .filter { $0["target"]?.string?.hasSuffix(digest) == true }
            .map { ($0["range"]?.string, $0["status"]?.int64 ?? 0, $0["sent"]?.int64 ?? 0) }
    }

    private func expectWhole() throws {
        let verified = try Tool.run(
            StagedTools.path("tabard"), ["verify", "--dest", folder.path("layout")], environment: environment)
        #expect(verified.status == 0, "\(verified)")
        let blob = folder.path("layout/blobs/sha256/\(digest.dropFirst(7))")
        #expect(try FileStatus(of: blob).size == size)
        #expect(try Tool.run("sha256sum", [blob]).output.hasPrefix(digest.dropFirst(7)))
        #expect(try FileSystem.names(in: folder.path("layout/ingest")) == [])
    }

    @Test func `a layer whose connections are capped comes over several, hardly a byte twice`() throws {
        let result = try pull()
        #expect(result.status == 0, "\(result)")
        try expectWhole()
        let requests = try requests()
        #expect(requests.count { $0.range != nil } >= 3, "\(requests)")
        #expect(requests.reduce(0) { $0 + $1.sent } < size + size / 10, "\(requests)")
    }

    @Test func `with one job there is one request`() throws {
        #expect(try pull(["--jobs", "1"]).status == 0)
        try expectWhole()
        #expect(try requests().map(\.range) == [nil])
    }

    @Test(arguments: [SIGKILL, SIGINT])
    func `a pull that ends among its parts is gone on with, part by part`(_ signal: Int32) throws {
        let held = size / 10 * 9
        try registry.setFaults(#"{"do": "hold", "after": \#(held)}"#)
        let child = try ChildProcess(ChildCommand(path: StagedTools.path("tabard"), arguments: arguments, environment: environment))
        let clocks = SystemClocks()
        let deadline = clocks.monotonicNanoseconds + 120_000_000_000
        let partial = folder.path("layout/ingest/sha256-\(digest.dropFirst(7))")
        while written(partial) < held - held / 50 {
            // Files wake nobody: a pause between two looks.
            _ = try Poll.waitReadable([], until: clocks.monotonicNanoseconds + 20_000_000)
            try #require(clocks.monotonicNanoseconds < deadline)
        }
        kill(child.processID, signal)
        let (ending, errors) = try child.exchange(
            input: UnsafeRawBufferPointer(start: nil, count: 0), until: deadline, outputLimit: 1 << 20
        ) { _ in }
        let said = String(decoding: errors, as: UTF8.self)
        #expect(ending == (signal == SIGKILL ? .signalled(SIGKILL) : .exited(130)), "\(said)")
        if signal == SIGINT { #expect(said.contains("the same command goes on from there")) }
        try registry.setFaults()
        let next = try pull()
        #expect(next.status == 0, "\(next)")
        try expectWhole()
        let requests = try requests()
        let first = try #require(requests.firstIndex { $0.range == nil })
        #expect(requests.count { $0.range == nil } == 1 && first < requests.count, "\(requests)")
        // What both runs got; the first one's connections may have had some bytes on their way.
        #expect(requests.reduce(0) { $0 + $1.sent } < size + size * 15 / 100, "\(requests)")
    }

    /// How many bytes of a file have been written, roughly: it has holes.
    private func written(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_blocks) * 512 : 0
    }

    @Test(arguments: ["whole", "other-range", "other-length", "no-range", "other-version", "cut"])
    func `a registry that gives parts wrongly costs no more than its further connections`(_ kind: String) throws {
        try registry.setFaults(#"{"do": "part", "as": "\#(kind)"}"#)
        let result = try pull()
        #expect(result.status == 0, "\(result)")
        try expectWhole()
        let requests = try requests()
        #expect(requests.contains { $0.range != nil }, "\(requests)")
        #expect(requests.count { $0.range == nil } == 1, "\(requests)")
    }

    @Test func `a registry that gives wrong bytes in parts is asked once more, in one piece`() throws {
        try registry.setFaults(#"{"do": "part", "as": "corrupt"}"#)
        let result = try pull()
        #expect(result.status == 0, "\(result)")
        try expectWhole()
        #expect(try requests().last?.range == nil)
        #expect(try requests().count { $0.range == nil } == 2)
    }
}
