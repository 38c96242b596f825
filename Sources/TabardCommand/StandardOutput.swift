import Glibc
public import TabardCore

/// The answer of a command, line by line.
public enum StandardOutput {
    /// Writes one line at once. A reader that has gone ends the process: nobody wants the rest.
    public static func line(_ text: String) {
        guard write(text + "\n") else { Exit.unwritten() }
    }

    /// Writes bytes that are secret as they are, without a copy.
    public static func secret(_ bytes: Secret) {
        guard bytes.withBytes({ write($0) }) else { Exit.unwritten() }
    }

    static func write(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(1, rest.baseAddress, rest.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return false }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return true
    }
}
