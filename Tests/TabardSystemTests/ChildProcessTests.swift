import Glibc
import TabardSystem
import TabardTestSupport
import Testing

@Suite struct ChildProcessTests {
    private func run(
        _ script: String, input: [UInt8] = [], environment: [String: String] = ["PATH": "/usr/bin:/bin"], seconds: Int64 = 20,
        limit: Int = 1 << 20, cancellation: Cancellation? = nil
    ) throws -> (ending: ChildEnding, output: [UInt8], errors: [UInt8]) {
        let child = try ChildProcess(ChildCommand(path: "/bin/sh", arguments: ["-c", script], environment: environment))
        var output: [UInt8] = []
        let deadline = SystemClocks().monotonicNanoseconds + seconds * 1_000_000_000
        let (ending, errors) = try input.withUnsafeBytes { bytes in
            try child.exchange(input: bytes, until: deadline, cancellation: cancellation, outputLimit: limit) { output += $0 }
        }
        return (ending, output, errors)
    }

    @Test func `a child gets its input and gives its output, errors and status`() throws {
        let result = try run("cat; echo complaint >&2; exit 7", input: Array("question".utf8))
        #expect(result.ending == .exited(7))
        #expect(result.output == Array("question".utf8))
        #expect(result.errors == Array("complaint\n".utf8))
    }

    @Test func `more than the pipes hold goes both ways at once`() throws {
        let input = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let result = try run("cat", input: input)
        #expect(result.ending == .exited(0))
        #expect(result.output == input)
    }

    @Test func `a child that reads nothing does not kill this process`() throws {
        let result = try run("exec <&-; echo done; sleep 0.2", input: [UInt8](repeating: 65, count: 300_000))
        #expect(result.ending == .exited(0))
        #expect(result.output == Array("done\n".utf8))
    }

    @Test func `the environment is exactly the given one`() throws {
        let child = try ChildProcess(ChildCommand(path: "/usr/bin/env", environment: ["ONLY": "this=one"]))
        var output: [UInt8] = []
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        let (ending, _) = try child.exchange(input: empty, until: .max, outputLimit: 1000) { output += $0 }
        #expect(ending == .exited(0))
        #expect(output == Array("ONLY=this=one\n".utf8))
    }

    @Test func `a program that stays open for writing is told, after a little patience`() throws {
        let folder = TemporaryFolder()
        let path = folder.write("program", "#!/bin/sh\n", mode: 0o755)
        let held = try FileDescriptor.open(path, flags: O_WRONLY)
        let error = #expect(throws: SystemError.self) { try ChildProcess(ChildCommand(path: path)) }
        #expect(error?.number == ETXTBSY)
        #expect(held.number >= 0)
    }

    @Test func `no other descriptor is inherited`() throws {
        let leaky = open("/dev/null", O_RDONLY)
        defer { close(leaky) }
        let kept = fcntl(leaky, F_DUPFD, 200)
        defer { close(kept) }
        let listed = try run("for fd in /proc/$$/fd/*; do readlink $fd; done")
        let targets = String(decoding: listed.output, as: UTF8.self).split(separator: "\n")
        #expect(targets.count >= 3)
        #expect(targets.allSatisfy { !$0.hasPrefix("/dev/null") })
    }

    @Test func `a deadline kills the whole group`() throws {
        let result = try run("sleep 1000 & echo $!; wait", seconds: 1)
        #expect(result.ending == .timedOut)
        let grandchild = try #require(pid_t(String(decoding: result.output, as: UTF8.self).filter(\.isNumber)))
        #expect(grandchild > 1)
        #expect(isGone(grandchild))
    }

    @Test func `a grandchild that keeps the streams open does not prolong the wait`() throws {
        let started = SystemClocks().monotonicNanoseconds
        let result = try run("sleep 1000 & echo $!")
        #expect(result.ending == .exited(0))
        #expect(SystemClocks().monotonicNanoseconds - started < 15_000_000_000)
        #expect(isGone(try #require(pid_t(String(decoding: result.output, as: UTF8.self).filter(\.isNumber)))))
    }

    @Test func `cancelling ends the wait`() throws {
        let cancellation = Cancellation()
        cancellation.cancel()
        #expect(try run("sleep 1000", cancellation: cancellation).ending == .cancelled)
    }

    @Test func `too much output ends the child, too many complaints do not`() throws {
        let result = try run("yes", limit: 100_000)
        #expect(result.ending == .outputTooLarge)
        #expect(result.output.count <= 100_000)
        let complaints = try run("head -c 500000 /dev/zero >&2; echo fine")
        #expect(complaints.ending == .exited(0))
        #expect(complaints.errors.count == 16384)
        #expect(complaints.output == Array("fine\n".utf8))
    }

    @Test func `a signal is told apart from a status`() throws {
        #expect(try run("kill -11 $$").ending == .signalled(SIGSEGV))
    }

    @Test(arguments: [("/nonexistent/program", ENOENT), ("/etc/passwd", EACCES), ("/", EACCES)])
    func `a program that cannot run is an error at the start`(path: String, number: Int32) {
        #expect(throws: SystemError("posix_spawn", on: path, number: number)) { try ChildProcess(ChildCommand(path: path)) }
    }

    @Test func `a child that nobody waits for is ended with its last reference`() throws {
        let process: pid_t
        do {
            let child = try ChildProcess(ChildCommand(path: "/bin/sleep", arguments: ["1000"]))
            process = child.processID
            #expect(kill(process, 0) == 0)
        }
        #expect(kill(process, 0) == -1)
    }

    @Test(arguments: ["../bin/sh", "/bin/sh", "", ".", "..", "no such program"])
    func `only bare names are found`(name: String) {
        #expect(ChildCommand.find(name, in: "/bin:/usr/bin") == nil)
    }

    @Test func `the first folder with the program wins, and the current folder never counts`() {
        #expect(ChildCommand.find("sh", in: "/nonexistent::.:/bin:/usr/bin") == "/bin/sh")
        #expect(ChildCommand.find("sh", in: ":.") == nil)
    }

    /// Gone, or a zombie that only the system's init has yet to reap.
    private func isGone(_ process: pid_t) -> Bool {
        let deadline = SystemClocks().monotonicNanoseconds + 10_000_000_000
        while SystemClocks().monotonicNanoseconds < deadline {
            if kill(process, 0) != 0 { return true }
            if (try? run("grep -q '^State:.Z' /proc/\(process)/status").ending) == .exited(0) { return true }
        }
        return false
    }
}
