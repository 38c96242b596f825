import Glibc
import TabardSystem
import Testing

@Suite struct FileSystemTests {
    @Test func `a folder lists its names in byte order and a file gives its bytes up to the limit`() throws {
        var template = Array("/tmp/tabard-test-XXXXXX".utf8CString)
        let folder = String(cString: try #require(mkdtemp(&template)))
        defer { for name in ["b", "B", "a"] { unlink("\(folder)/\(name)") }; rmdir(folder) }
        for name in ["b", "B", "a"] {
            let file = try FileDescriptor.open("\(folder)/\(name)", flags: O_WRONLY | O_CREAT)
            let bytes: StaticString = "abc"
            try file.writeAll(UnsafeRawBufferPointer(start: bytes.utf8Start, count: 3))
        }
        #expect(try FileSystem.names(in: folder) == ["B", "a", "b"])
        #expect(try FileSystem.contents(of: "\(folder)/a", limit: 3).count == 3)
        #expect(throws: SystemError("read", on: "\(folder)/a", number: EFBIG)) { try FileSystem.contents(of: "\(folder)/a", limit: 2) }
        let status = try FileStatus(of: "\(folder)/a")
        #expect(status.kind == .regular && status.size == 3 && status.mode == 0o600 && status.owner == FileSystem.effectiveUser)
    }

    @Test func `a missing name says which call failed on what`() {
        #expect(throws: SystemError("stat", on: "/no/such", number: ENOENT)) { try FileStatus(of: "/no/such") }
        #expect(throws: SystemError("opendir", on: "/no/such", number: ENOENT)) { try FileSystem.names(in: "/no/such") }
        #expect(throws: SystemError("open", on: "/no/such", number: ENOENT)) { try FileSystem.contents(of: "/no/such", limit: 1) }
    }

    @Test func `poll sees a cancellation, and gives up at its deadline`() throws {
        let cancellation = Cancellation()
        #expect(try Poll.waitReadable([-1, cancellation.descriptor], until: 0) == false)
        cancellation.cancel()
        #expect(try Poll.waitReadable([-1, cancellation.descriptor], until: .max))
    }

    @Test func `each thread has a mark of its own`() throws {
        ThreadMark.current = 7
        defer { ThreadMark.current = 0 }
        let seen = Monitor<UInt64?>(nil)
        try WorkerThread {
            let mine = ThreadMark.current
            seen.update { $0 = mine }
        }.join()
        #expect(seen.read { $0 } == 0)
        #expect(ThreadMark.current == 7)
    }
}
