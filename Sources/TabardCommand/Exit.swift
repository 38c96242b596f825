import Glibc
public import TabardCore

/// The end of an executable.
public enum Exit {
    /// Ends at once, without running exit handlers of libraries whose threads may still work.
    public static func now(_ code: Int32) -> Never { _exit(code) }

    /// Says in one line what failed, and ends with the code of its class.
    public static func failure(_ failure: Failure, program: String) -> Never {
        StandardErrorLog.write("\(program): \(failure)")
        _exit(failure.exitCode)
    }

    /// Writes text to standard output and ends with success.
    public static func text(_ text: String) -> Never {
        _exit(StandardOutput.write(text + "\n") ? 0 : 1)
    }
}
