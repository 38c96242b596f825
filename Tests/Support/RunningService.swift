import Glibc
import Synchronization
public import TabardJSON
import TabardSystem

/// A fake of Tests/Fakes in a process of its own, which ends, with all that it started, when the last reference goes.
public final class RunningService: Sendable {
    /// Why a service is not there.
    public struct ServiceError: Error, CustomStringConvertible {
        /// What happened, with what the service wrote to standard error.
        public let description: String
        /// Says what happened.
        public init(description: String) { self.description = description }
    }

    /// The JSON object that it printed when it was ready.
    public let ready: JSONNode
    private let child: Mutex<ChildProcess>

    /// Starts the fake and waits until it is ready.
    ///
    /// - Parameters:
    ///   - script: A file name in Tests/Fakes.
    ///   - folder: Where its complaints go, into `script.stderr`.
    public init(_ script: String, _ arguments: [String], in folder: TemporaryFolder) throws {
        let complaints = folder.path("\(script).stderr")
        let command = ChildCommand(
            path: "/bin/sh",
            arguments: ["-c", #"exec "$@" 2>"$0""#, complaints, Repository.python, "\(Repository.root)/Tests/Fakes/\(script)"] + arguments,
            environment: [
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": folder.path, "TMPDIR": folder.path,
                "PYTHONDONTWRITEBYTECODE": "1", "TABARD_FORBID_LINK_LOCAL": "1",
                SuiteSecrets.variable: Environment.nonEmptyValue(SuiteSecrets.variable) ?? "",
            ])
        let child = try ChildProcess(command)
        guard let line = try Self.readLine(of: child) else {
            let text = (try? FileSystem.contents(of: complaints, limit: 1 << 20)).map { String(decoding: $0.suffix(2000), as: UTF8.self) }
            throw ServiceError(description: "\(script) did not start: \(text ?? "no complaint"); has scripts/setup test run?")
        }
        ready = try JSONDocument(parsing: line).root
        self.child = Mutex(child)
    }

    /// The port on 127.0.0.1.
    public var port: Int { Int(ready["port"]?.int64 ?? 0) }

    /// `127.0.0.1:PORT`.
    public var host: String { "127.0.0.1:\(port)" }

    /// Replaces the fault plan; see Tests/Fakes/service.py for the rules.
    public func setFaults(_ rules: String...) throws {
        try child.withLock { child in
            let command = Array(#"{"faults": [\#(rules.joined(separator: ","))]}"#.utf8) + [0x0A]
            try command.withUnsafeBytes { try child.input?.writeAll($0) }
            guard try Self.readLine(of: child) != nil else { throw ServiceError(description: "a fake did not take its faults") }
        }
    }

    private static func readLine(of child: ChildProcess) throws -> [UInt8]? {
        let deadline = SystemClocks().monotonicNanoseconds + 60_000_000_000
        var line: [UInt8] = []
        let byte = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
        defer { byte.deallocate() }
        while try Poll.waitReadable([child.output.number], until: deadline), try child.output.read(into: byte) == 1 {
            if byte[0] == 0x0A { return line }
            line.append(byte[0])
        }
        return nil
    }
}
