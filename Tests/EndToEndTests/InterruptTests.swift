import Glibc
import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// A pull that somebody stops in the middle of a blob.
@Suite struct InterruptTests {
    @Test(arguments: [SIGTERM, SIGINT])
    func `a stopped pull ends at once, names no image, and the next one works`(signal: Int32) throws {
        let world = try World()
        try world.registry.setFaults(#"{"do": "hang", "path": "/blobs/"}"#)
        let variables = Tool.environment.merging(world.environment) { $1 }
        let child = try ChildProcess(
            ChildCommand(
                path: StagedTools.path("tabard"),
                arguments: ["pull", world.image, "--dest", world.folder.path("layout"), "--progress", "none"], environment: variables))
        let clocks = SystemClocks()
        let deadline = clocks.monotonicNanoseconds + 60_000_000_000
        while try !world.requests(to: "registry").contains(where: { $0["fault"]?.string == "hang" }) {
            // Nothing arrives here: a pause between two looks at the log.
            _ = try Poll.waitReadable([], until: clocks.monotonicNanoseconds + 20_000_000)
            try #require(clocks.monotonicNanoseconds < deadline)
        }
        // As timeout(1) does it: the process, and its group.
        for _ in 0..<3 { kill(child.processID, signal) }
        let asked = clocks.monotonicNanoseconds
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        let (ending, errors) = try child.exchange(input: empty, until: deadline, outputLimit: 1 << 20) { _ in }
        #expect(ending == .exited(128 + signal), "\(String(decoding: errors, as: UTF8.self))")
        #expect(clocks.monotonicNanoseconds - asked < 10_000_000_000)
        #expect(String(decoding: errors, as: UTF8.self).contains("the same command goes on from there"))
        #expect(SecretScan(try world.secrets()).findings(in: String(decoding: errors, as: UTF8.self)).isEmpty)
        #expect(try !world.layoutFiles().contains("index.json"))
        try world.registry.setFaults()
        let next = try world.pull()
        #expect(next.status == 0, "\(next)")
    }
}
