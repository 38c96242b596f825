import CTabardSystem

/// A pipe(7), both ends close-on-exec.
struct Pipe: ~Copyable {
    var reader: FileDescriptor
    var writer: FileDescriptor

    /// Which end does not block.
    enum OwnEnd { case reader, writer }

    init(own: OwnEnd) throws(SystemError) {
        var numbers: [Int32] = [-1, -1]
        guard tabard_pipe(&numbers, own == .reader ? 0 : 1) == 0 else { throw SystemError("pipe2") }
        reader = FileDescriptor(owning: numbers[0])
        writer = FileDescriptor(owning: numbers[1])
    }
}
