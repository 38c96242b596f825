import TabardCore
import TabardGCE
import TabardTestSupport
import Testing

@Suite struct SurroundingsTests {
    @Test func `a credentials file is read whole, or the reason is said`() throws {
        let folder = TemporaryFolder()
        let read = Surroundings.real.file
        let path = folder.write("adc.json", "{}")
        #expect(try read(path)?.hasSameBytes(as: Secret("{}")) == true)
        #expect(try read(folder.path("absent.json")) == nil)
        #expect(try read("\(path)/below-a-file") == nil)
        for (unreadable, reason) in [
            (folder.path, "not a regular file"), (folder.write("long.json", String(repeating: "x", count: 70_000)), "longer than"),
        ] {
            let failure = #expect(throws: Failure.self) { try read(unreadable) }
            #expect(failure?.code == .local)
            #expect(failure?.reason.contains(reason) == true)
        }
    }
}
