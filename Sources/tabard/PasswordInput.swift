import TabardCommand
import TabardCore

/// A password on standard input.
enum PasswordInput {
    private static let maximum = 64 * 1024

    /// Reads it, without the line break at its end.
    ///
    /// - Parameter deadline: When standard input has to have ended, on CLOCK_MONOTONIC in nanoseconds.
    static func read(until deadline: Int64 = .max) throws(Failure) -> Secret {
        let text = try StandardInput.read(limit: maximum, until: deadline, as: "the password")
        guard text.count <= maximum else {
            throw ArgumentReader.wrong("the password on standard input has more than \(maximum) bytes")
        }
        // One line break at the end belongs to the terminal or to echo, not to the password.
        let password = text.withBytes { bytes in
            var count = bytes.count
            if count > 0, bytes[count - 1] == UInt8(ascii: "\n") { count -= 1 }
            if count > 0, bytes[count - 1] == UInt8(ascii: "\r") { count -= 1 }
            return Secret(copying: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        }
        guard !password.isEmpty else {
            throw ArgumentReader.wrong("the password on standard input is empty", advice: "send it with: < FILE")
        }
        return password
    }
}
