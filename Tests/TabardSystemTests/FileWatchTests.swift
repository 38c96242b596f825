import Glibc
import TabardSystem
import TabardTestSupport
import Testing

@Suite struct FileWatchTests {
    @Test func `what is written, replaced, made or removed has changed, once`() {
        let folder = TemporaryFolder()
        let file = folder.write("file", "one")
        var watch = FileWatch([file, folder.path("absent"), folder.path])
        #expect(watch.changes().isEmpty)
        folder.write("file", "three")
        #expect(watch.changes() == [file])
        #expect(watch.changes().isEmpty)
        // The same size, and whatever the clock's grain: another file.
        let other = folder.write("other", "three")
        #expect(rename(other, file) == 0)
        #expect(watch.changes().contains(file))
        folder.write("absent", "")
        #expect(watch.changes() == [folder.path, folder.path("absent")].sorted())
        unlink(file)
        #expect(watch.changes().contains(file))
        #expect(watch.changes().isEmpty)
    }

    @Test func `what two watches know is the first one's`() {
        let folder = TemporaryFolder()
        let file = folder.write("file", "one")
        var before = FileWatch([file])
        folder.write("file", "three")
        before.add(FileWatch([file, folder.path("absent")]))
        #expect(before.changes() == [file])
    }

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
