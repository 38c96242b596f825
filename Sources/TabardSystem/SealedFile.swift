import CTabardSystem
import Glibc

/// A file in memory that nobody can change any more: how secrets go from a process to the program that it becomes, without a disk.
public struct SealedFile: ~Copyable, Sendable {
    private let descriptor: FileDescriptor

    /// Makes one with these bytes; the caller still owns, and wipes, its own copy.
    public init(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        let number = tabard_sealed_file(bytes.baseAddress, bytes.count)
        guard number >= 0 else { throw SystemError("memfd_create") }
        descriptor = FileDescriptor(owning: number)
    }

    /// Takes over one that was inherited.
    public init(inherited number: Int32) throws(SystemError) {
        guard tabard_is_sealed_file(number) == 1, tabard_set_inherited(number, 0) == 0 else {
            throw SystemError("fcntl", on: "descriptor \(number)", number: EINVAL)
        }
        descriptor = FileDescriptor(owning: number)
    }

    /// What is handed over.
    public var number: Int32 { descriptor.number }

    /// Hands its bytes to `body`, piece by piece; the memory of the pieces is overwritten afterwards.
    public func read(_ body: (UnsafeRawBufferPointer) -> Void) throws(SystemError) {
        guard lseek(descriptor.number, 0, SEEK_SET) == 0 else { throw SystemError("lseek") }
        try descriptor.readPieces(of: 64 * 1024) { piece in
            body(piece)
            return true
        }
    }
}
