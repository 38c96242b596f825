import Glibc
import TabardSystem
import TabardTestSupport
import Testing

/// What other processes of the same user can learn of one that holds secrets.
@Suite struct HardeningTests {
    /// Programs that are waiting for the end of their standard input, of which they have read some.
    private static let programs = [("provider-exec", [String]()), ("docker-credential-tabard", ["get"]), ("tabard", explaining)]
    /// F_SETPIPE_SZ (fcntl(2)), which Swift's Glibc module lacks.
    private static let setPipeSize: Int32 = 1031
    private static let explaining = ["explain", "registry.example/app:1", "--username", "u", "--password-stdin"]

    @Test(arguments: programs)
    func `no process writes a core file or lets its own user read its memory`(_ name: String, _ arguments: [String]) throws {
        let folder = TemporaryFolder()
        // As somebody without privileges, to whom /proc would give everything of an ordinary process of theirs.
        chmod(folder.path, 0o755)
        // Copied by another process: a descriptor that is open for writing, inherited by another test's child, would make it busy.
        let program = folder.path(name)
        try #require(Tool.run("install", ["-m", "0755", StagedTools.path(name), program]).status == 0)
        let user = geteuid() == 0 ? UInt32(65534) : geteuid()
        let asUser = ["--reuid=65534", "--regid=65534", "--clear-groups", program] + arguments
        let command = ChildCommand(
            path: geteuid() == 0 ? "/usr/bin/setpriv" : program, arguments: geteuid() == 0 ? asUser : arguments,
            environment: ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "SWIFT_BACKTRACE": "enable=no"])
        let child = try ChildProcess(command)
        // More than the pipe holds: when it is written, the program has begun to read, and what it does at its start is done.
        try Self.shrink(child)
        try [UInt8](repeating: 0x20, count: 20_000).withUnsafeBytes { try child.input?.writeAll($0) }
        let process = "/proc/\(child.processID)"
        let status = String(decoding: try FileSystem.contents(of: "\(process)/status", limit: 1 << 16), as: UTF8.self)
        #expect(status.contains("Uid:\t\(user)\t\(user)"), "\(status)")
        let limits = String(decoding: try FileSystem.contents(of: "\(process)/limits", limit: 1 << 16), as: UTF8.self)
        let core = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
        #expect(core.split(separator: " ").dropFirst(4).prefix(2) == ["0", "0"], "\(core)")
        // The kernel gives these files of a process that is not dumpable to root (proc(5)).
        #expect(try FileStatus(of: "\(process)/mem").owner == 0)
        #expect(try FileStatus(of: "\(process)/environ").owner == 0)
    }

    /// Makes the pipe to the child small, and writing to it wait.
    private static func shrink(_ child: ChildProcess) throws {
        let descriptor = child.input?.number ?? -1
        try #require((1...8192).contains(fcntl(descriptor, setPipeSize, 4096)))
        try #require(fcntl(descriptor, F_SETFL, O_WRONLY) == 0)
    }
}
