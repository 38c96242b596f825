import Glibc
import TabardSystem

/// A Python script of Tests/Oracles that answers one line for each line it is given: an independent opinion to compare with.
///
/// The interpreter is `python3`, or what TABARD_PYTHON names.
public struct PythonOracle: Sendable {
    /// Why there is no answer.
    public struct OracleError: Error, CustomStringConvertible {
        /// What happened.
        public let description: String
    }

    private let script: String

    /// Names a script in Tests/Oracles.
    public init(_ name: String, file: String = #filePath) {
        let tests = file.split(separator: "/").dropLast(2).joined(separator: "/")
        script = "/\(tests)/Oracles/\(name)"
    }

    /// Runs the script once over all lines. Blocks: call it from a test that is not async.
    public func answers(to lines: [String]) throws -> [String] {
        // One socket pair, because close-on-exec comes with it at birth: pipe2 is not in Swift's Glibc module.
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw SystemError("socketpair")
        }
        let ours = FileDescriptor(owning: ends[0])

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        let interpreter = Environment.nonEmptyValue("TABARD_PYTHON") ?? "python3"
        var arguments = [strdup(interpreter), strdup(script), nil]
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        let number = posix_spawnp(&child, interpreter, &actions, nil, &arguments, environ)
        close(ends[1])
        guard number == 0 else { throw SystemError("posix_spawnp", on: interpreter, number: number) }

        let text = lines.map { $0 + "\n" }.joined()
        let descriptor = ours.number
        let writer = try WorkerThread {
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                if count <= 0 { break }
                rest = rest.dropFirst(count)
            }
            shutdown(descriptor, Int32(SHUT_WR))
        }
        var received: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 1)
        defer { buffer.deallocate() }
        while case let count = try ours.read(into: buffer), count > 0 {
            received.append(contentsOf: buffer[..<count])
        }
        writer.join()
        var status: Int32 = 0
        guard waitpid(child, &status, 0) == child, status == 0 else {
            throw OracleError(description: "\(script) ended with wait status \(status)")
        }
        let answers = received.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
        guard answers.count == lines.count + 1 else {
            throw OracleError(description: "\(script) gave \(answers.count - 1) answers to \(lines.count) questions")
        }
        return answers.dropLast()
    }
}
