import Glibc
public import TabardCore
import TabardSystem

/// What another program or a person says to an executable.
public enum StandardInput {
    /// Reads everything up to the end. Descriptor 0 is `/dev/null` afterwards, so that no file opened later takes its number.
    ///
    /// - Parameters:
    ///   - limit: In bytes. One byte more is read, so that the reader of the result sees that it is too long.
    ///   - deadline: Whoever starts us and never closes its end gets an error then, instead of a process that stays.
    ///   - what: For messages: `the request`.
    public static func read(limit: Int, until deadline: Int64, as what: String) throws(Failure) -> Secret {
        var content = SecretBuffer(capacity: 4096)
        do throws(SystemError) {
            let nothing = try FileDescriptor.open("/dev/null", flags: O_RDONLY)
            defer { dup2(nothing.number, 0) }
            let copy = fcntl(0, F_DUPFD_CLOEXEC, 3)
            guard copy >= 0 else { throw SystemError("fcntl") }
            try FileDescriptor(owning: copy).readPieces(of: 16 * 1024, until: deadline) { piece in
                content.append(UnsafeRawBufferPointer(rebasing: piece.prefix(limit + 1 - content.count)))
                return content.count <= limit
            }
        } catch {
            let isLate = error.number == ETIMEDOUT
            throw Failure(
                isLate ? .timedOut : .local, attempting: "reading \(what)", on: "standard input",
                reason: isLate ? "it did not end before the deadline" : error.description,
                advice: isLate ? "close the pipe after the last byte" : "")
        }
        return content.freeze()
    }
}
