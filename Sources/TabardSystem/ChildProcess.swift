import CTabardSystem
import Glibc

/// A program that this process started, with pipes to its three standard streams and a process group of its own.
///
/// It inherits nothing else: no other descriptor, no blocked or ignored signal, no variable. This process needs no SIGCHLD handler and
/// installs none; a pidfd (Linux 5.3) tells the end. When the last reference goes, the group is killed and the child is reaped.
/// For one thread at a time.
public final class ChildProcess {
    /// The process, and its group.
    public let processID: Int32
    /// Readable from the end of the process on; for poll(2).
    private let ending: FileDescriptor
    /// Where the child reads from; set it to nil to close it. Does not block.
    public var input: FileDescriptor?
    /// What the child writes. Does not block.
    public let output: FileDescriptor
    /// What the child complains. Does not block.
    public let errors: FileDescriptor
    private var wasReaped = false

    /// How often a program that is still open for writing is tried again, and how long after each try, in milliseconds.
    private static let busyTries = 20
    private static let busyPause: Int32 = 5

    /// Starts the program.
    ///
    /// - Throws: What the system said, a missing or unsuitable program file included.
    public init(_ command: ChildCommand) throws(SystemError) {
        let inputPipe = try Pipe(own: .writer)
        let outputPipe = try Pipe(own: .reader)
        let errorPipe = try Pipe(own: .reader)
        let environment = command.environment.map { "\($0.key)=\($0.value)" }
        var process: Int32 = 0
        let (reader, writer, errorWriter) = (inputPipe.reader.number, outputPipe.writer.number, errorPipe.writer.number)
        let number = Self.withPointers(to: [command.path] + command.arguments) { arguments in
            Self.withPointers(to: environment) { variables in
                var number = tabard_spawn(command.path, arguments, variables, reader, writer, errorWriter, &process)
                // Whoever has just installed the program may still have it open for writing, and so has a child of his until it runs
                // a program of its own: a matter of milliseconds.
                for _ in 0..<Self.busyTries where number == ETXTBSY {
                    poll(nil, 0, Self.busyPause)
                    number = tabard_spawn(command.path, arguments, variables, reader, writer, errorWriter, &process)
                }
                return number
            }
        }
        guard number == 0 else { throw SystemError("posix_spawn", on: command.path, number: number) }
        let descriptor = tabard_process_descriptor(process)
        guard descriptor >= 0 else {
            let error = SystemError("pidfd_open", on: command.path)
            kill(-process, SIGKILL)
            waitpid(process, nil, 0)
            throw error
        }
        processID = process
        ending = FileDescriptor(owning: descriptor)
        input = consume inputPipe.writer
        output = outputPipe.reader
        errors = errorPipe.reader
    }

    deinit { _ = end() }

    /// What poll(2) watches to learn of the end.
    var endingDescriptor: Int32 { ending.number }

    /// Waits for the child to end by itself.
    ///
    /// - Parameter deadline: On CLOCK_MONOTONIC, in nanoseconds.
    /// - Returns: Whether it ended in time; it is not yet reaped.
    public func waitForEnding(until deadline: Int64) throws(SystemError) -> Bool {
        try Poll.waitReadable([ending.number], until: deadline)
    }

    /// Kills what is left of the group and reaps the child. Its pid cannot be anybody else's before that, so nothing else is hit.
    ///
    /// - Returns: How the child ended; `.unknown` from the second call on.
    public func end() -> ChildEnding {
        guard !wasReaped else { return .unknown }
        wasReaped = true
        kill(-processID, SIGKILL)
        var code: Int32 = 0
        switch tabard_reap(ending.number, &code) {
        case 0: return .exited(code)
        case 1: return .signalled(code)
        default: return .unknown
        }
    }

    /// Lends `texts` as a C array of C strings that ends with NULL.
    private static func withPointers<Result>(
        to texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) }
        pointers.append(nil)
        defer { pointers.forEach { free($0) } }
        return pointers.withUnsafeMutableBufferPointer { buffer in
            // `pointers` is never empty: it ends with nil.
            body(buffer.baseAddress.unsafelyUnwrapped)
        }
    }
}
