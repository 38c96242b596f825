@testable import TabardAgent
import TabardTestSupport
import Testing

/// Files that change under the agent.
@Suite struct FileWatchTests {
    @Test func `a file that comes or grows has changed once, and others have not`() {
        let folder = TemporaryFolder()
        let (file, other) = ("\(folder.path)/config.json", "\(folder.path)/other.json")
        folder.write("other.json", "{}")
        var watch = FileWatch([file, other])
        #expect(watch.changes() == [])
        folder.write("config.json", "{}")
        #expect(watch.changes() == [file])
        #expect(watch.changes() == [])
        folder.write("config.json", "{ }")
        #expect(watch.changes() == [file])
        watch.add([file, "\(folder.path)/late.json"])
        #expect(watch.changes() == [])
        folder.write("late.json", "")
        #expect(watch.changes() == ["\(folder.path)/late.json"])
    }
}
