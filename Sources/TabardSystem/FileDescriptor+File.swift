import CTabardSystem
import Glibc

/// What is done with the descriptor of a regular file.
extension FileDescriptor {
    /// The size of the file in bytes.
    public var size: Int64 {
        get throws(SystemError) {
            var status = stat()
            guard fstat(number, &status) == 0 else { throw SystemError("stat") }
            return Int64(status.st_size)
        }
    }

    /// Writes all of `bytes` at `offset`, wherever the position of the descriptor is.
    public func writeAll(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(SystemError) {
        var rest = bytes
        var position = offset
        while !rest.isEmpty {
            let count = pwrite(number, rest.baseAddress, rest.count, off_t(position))
            if count < 0 {
                guard errno == EINTR else { throw SystemError("write") }
                continue
            }
            position += Int64(count)
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Exactly `count` bytes at `offset`, wherever the position of the descriptor is; a file that ends before is EIO.
    public func content(at offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let more = pread(number, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset) + off_t(filled))
                if more < 0 && errno == EINTR { continue }
                guard more > 0 else {
                    failure = more < 0 ? SystemError("read") : SystemError("read", number: EIO)
                    return
                }
                filled += more
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Everything from the start of the file.
    ///
    /// - Parameter limit: In bytes; a longer file is EFBIG.
    public func readAll(limit: Int) throws(SystemError) -> [UInt8] {
        var content: [UInt8] = []
        var isTooLong = false
        try readPieces(of: 64 * 1024) { piece in
            isTooLong = content.count + piece.count > limit
            if !isTooLong { content.append(contentsOf: piece) }
            return !isTooLong
        }
        if isTooLong { throw SystemError("read", number: EFBIG) }
        return content
    }

    /// Hands the rest of the file, pipe or socket to `body` in pieces of at most `size` bytes, valid until it returns.
    ///
    /// - Parameters:
    ///   - deadline: When to stop waiting for a piece (ETIMEDOUT), on CLOCK_MONOTONIC in nanoseconds.
    ///   - body: Says whether to go on. What was in the memory that it saw is overwritten at the end.
    public func readPieces(
        of size: Int, until deadline: Int64 = .max, _ body: (UnsafeRawBufferPointer) -> Bool
    ) throws(SystemError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        var used = 0
        defer {
            if let base = buffer.baseAddress { explicit_bzero(base, used) }
            buffer.deallocate()
        }
        while true {
            if deadline != .max, try !Poll.waitReadable([number], until: deadline) { throw SystemError("read", number: ETIMEDOUT) }
            let count = try read(into: buffer)
            if count == 0 { return }
            used = max(used, count)
            guard body(UnsafeRawBufferPointer(rebasing: buffer[..<count])) else { return }
        }
    }

    /// Cuts or extends the file to `size` bytes.
    public func resize(to size: Int64) throws(SystemError) {
        guard ftruncate(number, off_t(size)) == 0 else { throw SystemError("truncate") }
    }

    /// Returns when content and size are on disk.
    public func sync(_ subject: String = "") throws(SystemError) {
        guard fsync(number) == 0 else { throw SystemError("fsync", on: subject) }
    }

    /// Lets the kernel begin to bring bytes of a file to disk, so that a later `sync` has less to wait for.
    ///
    /// - Parameter number: The descriptor of a regular file, open during the call.
    public static func startSync(_ number: Int32, at offset: Int64, count: Int64) { tabard_start_writing(number, offset, count) }

    /// Takes the lock of the file or directory if nobody has it (flock(2)): whoever dies gives it back.
    ///
    /// - Parameter isShared: Whether others may have it at the same time, if they share it too.
    /// - Returns: Whether it is ours now.
    public func tryLock(shared isShared: Bool = false) throws(SystemError) -> Bool {
        while flock(number, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 {
            if errno == EWOULDBLOCK { return false }
            guard errno == EINTR else { throw SystemError("flock") }
        }
        return true
    }

    /// Whether the name in `folder` still stands for this open file: a lock file may have been replaced while we waited.
    public func isStill(_ name: String, in folder: borrowing Folder) throws(SystemError) -> Bool {
        var mine = stat()
        guard fstat(number, &mine) == 0 else { throw SystemError("stat") }
        guard let other = try folder.identity(of: name) else { return false }
        return other.device == mine.st_dev && other.inode == mine.st_ino
    }
}
