import CTabardSystem
import Glibc

/// A file descriptor with one owner, closed when the owner goes.
public struct FileDescriptor: ~Copyable, Sendable {
    /// The number, valid as long as this value lives.
    public let number: Int32

    /// Takes over `number`, which nobody else may close.
    public init(owning number: Int32) { self.number = number }

    /// Takes over a number that was inherited, which children shall not inherit in turn.
    public init(inherited number: Int32) {
        self.number = number
        _ = tabard_set_inherited(number, 0)
    }

    deinit { _ = Glibc.close(number) }

    /// Opens a file; the descriptor is not inherited by children.
    ///
    /// - Parameters:
    ///   - flags: As for open(2); O_CLOEXEC is added.
    ///   - mode: The mode of a file that this creates.
    public static func open(_ path: String, flags: Int32, mode: UInt32 = 0o600) throws(SystemError) -> FileDescriptor {
        while true {
            let number = Glibc.open(path, flags | O_CLOEXEC, mode)
            if number >= 0 { return FileDescriptor(owning: number) }
            guard errno == EINTR else { throw SystemError("open", on: path) }
        }
    }

    /// Reads at most `buffer.count` bytes. 0 is the end of the file.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        while true {
            let count = Glibc.read(number, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw SystemError("read") }
        }
    }

    /// Writes all of `bytes`.
    public func writeAll(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(number, rest.baseAddress, rest.count)
            if count < 0 {
                guard errno == EINTR else { throw SystemError("write") }
                continue
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Whatever is printed in this process goes here from now on.
    public func becomeStandardOutput() throws(SystemError) {
        guard dup2(number, 1) >= 0 else { throw SystemError("dup2", on: "standard output") }
    }

    /// Gives the number to somebody who will close it.
    public consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }
}
