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
        var text = text + "\n"
        let isWritten = text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = write(1, rest.baseAddress, rest.count)
                if count < 0 && errno == EINTR { continue }
                if count <= 0 { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            return true
        }
        _exit(isWritten ? 0 : 1)
    }
}
