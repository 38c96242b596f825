import Glibc
public import TabardCore
import TabardSystem

/// The end of an executable.
public enum Exit {
    /// Ends at once, without running exit handlers of libraries whose threads may still work.
    public static func now(_ code: Int32) -> Never { _exit(code) }

    /// Says in one line what failed, and ends with the code of its class.
    public static func failure(_ failure: Failure, program: String) -> Never {
        StandardErrorLog.write("\(program): \(failure)")
        _exit(failure.exitCode)
    }

    /// Ends because standard output takes nothing. A reader that has gone is told nothing: it wants no more.
    static func unwritten() -> Never {
        let number = errno
        if number != EPIPE {
            StandardErrorLog.write("the answer cannot be written to standard output: \(SystemError("write", number: number).meaning)")
        }
        _exit(1)
    }

    /// Writes text to standard output and ends with success.
    public static func text(_ text: String) -> Never {
        guard StandardOutput.write(text + "\n") else { unwritten() }
        _exit(0)
    }
}
