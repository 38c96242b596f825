import Glibc
import TabardSystem
import TabardTestSupport
import Testing

/// Many processes that pull into one layout.
@Suite struct PullCrowdTests {
    private func start(_ world: World, _ image: String) throws -> ChildProcess {
        try ChildProcess(
            ChildCommand(
                path: StagedTools.path("tabard"), arguments: ["pull", image, "--dest", world.folder.path("layout"), "--quiet"],
                environment: Tool.environment.merging(world.environment) { $1 }))
    }

    private func end(_ child: ChildProcess) throws {
        let deadline = SystemClocks().monotonicNanoseconds + 60_000_000_000
        _ = try child.exchange(input: UnsafeRawBufferPointer(start: nil, count: 0), until: deadline, outputLimit: 1 << 20) { _ in }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `processes that are killed anywhere leave a layout that the next ones finish`(_ seed: UInt64) throws {
        let world = try World()
        var random = SplitMix(seed: seed)
        let byDigest = "\(world.image)@\(world.digest)"
        let children = try (0..<8).map { try start(world, $0.isMultiple(of: 2) ? world.image : byDigest) }
        for child in children {
            // Between the start of the program and the end of its pull.
            _ = try Poll.waitReadable([], until: SystemClocks().monotonicNanoseconds + Int64.random(in: 0...60_000_000, using: &random))
            kill(child.processID, SIGKILL)
        }
        for child in children { try end(child) }
        #expect(try world.pull().status == 0)
        #expect(try world.pull(image: byDigest).status == 0)
        let layout = ["--dest", world.folder.path("layout")]
        #expect(try world.run("tabard", ["verify"] + layout).status == 0)
        #expect(try world.run("tabard", ["images", "--json"] + layout).output.split(separator: "\n").count == 2)
        #expect(try FileSystem.names(in: world.folder.path("layout/ingest")).allSatisfy { $0.hasPrefix(".new-") })
    }
}
