import CTabardSystem
import Glibc

extension ChildProcess {
    /// Gives the child `input`, takes what it writes, and waits for its end; then nothing of its group is left.
    ///
    /// A process that the child leaves behind with the streams still open does not prolong the wait.
    /// - Parameters:
    ///   - bytes: Its standard input, valid until this returns. A child that does not read it is no error.
    ///   - deadline: On CLOCK_MONOTONIC, in nanoseconds.
    ///   - outputLimit: In bytes; a child that writes more is killed.
    ///   - errorLimit: In bytes; what goes beyond is read and dropped.
    ///   - onOutput: Gets standard output piece by piece and copies what it wants; the memory is overwritten after the call.
    /// - Returns: How it ended, and the beginning of what it wrote to standard error, which may hold anything: never log it unread.
    /// - Throws: Only when this process is out of memory for waiting.
    public func exchange(
        input bytes: UnsafeRawBufferPointer, until deadline: Int64, cancellation: Cancellation? = nil, outputLimit: Int,
        errorLimit: Int = 16384, onOutput: (UnsafeRawBufferPointer) -> Void
    ) throws(SystemError) -> (ending: ChildEnding, errors: [UInt8]) {
        var rest = bytes
        if rest.isEmpty { input = nil }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16384, alignment: 1)
        defer {
            if let base = buffer.baseAddress { explicit_bzero(base, buffer.count) }
            buffer.deallocate()
        }
        var outputCount = 0
        var errorBytes: [UInt8] = []
        var outputIsOpen = true
        var errorsAreOpen = true

        func takeOutput() -> Bool {
            while outputIsOpen, let count = Self.read(output, into: buffer) {
                if count == 0 { outputIsOpen = false }
                outputCount += count
                guard outputCount <= outputLimit else { return false }
                if count > 0 { onOutput(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
            }
            return true
        }
        /// Reads what there is, at most `rounds` buffers of it: a child that only ever complains must not keep us from the deadline.
        func takeErrors(rounds: Int) {
            for _ in 0..<rounds {
                guard errorsAreOpen, let count = Self.read(errors, into: buffer) else { return }
                if count == 0 { errorsAreOpen = false }
                errorBytes.append(contentsOf: buffer[..<min(count, max(0, errorLimit - errorBytes.count))])
            }
        }

        while true {
            var watched = [pollfd(fd: endingDescriptor, events: Int16(POLLIN), revents: 0)]
            if let cancellation { watched.append(pollfd(fd: cancellation.descriptor, events: Int16(POLLIN), revents: 0)) }
            if outputIsOpen { watched.append(pollfd(fd: output.number, events: Int16(POLLIN), revents: 0)) }
            if errorsAreOpen { watched.append(pollfd(fd: errors.number, events: Int16(POLLIN), revents: 0)) }
            if let number = input?.number { watched.append(pollfd(fd: number, events: Int16(POLLOUT), revents: 0)) }
            let isReady = try Poll.wait(&watched, until: deadline)
            if let cancellation, cancellation.isCancelled {
                _ = end()
                return (.cancelled, errorBytes)
            }
            guard takeOutput() else {
                _ = end()
                return (.outputTooLarge, errorBytes)
            }
            takeErrors(rounds: 4)
            rest = give(rest)
            if watched[0].revents != 0 {
                let ending = end()
                // What it wrote last is still in the pipes.
                guard takeOutput() else { return (.outputTooLarge, errorBytes) }
                takeErrors(rounds: 8)
                return (ending, errorBytes)
            }
            // Looked at last: a child that has ended in time counts, even when this thread wakes up late.
            guard isReady, SystemClocks().monotonicNanoseconds < deadline else {
                _ = end()
                return (.timedOut, errorBytes)
            }
        }
    }

    /// Writes as much of `bytes` as the pipe takes, and closes it after the last one or when nobody reads.
    private func give(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let number = input?.number else { return bytes }
        let count = tabard_write_without_signal(number, bytes.baseAddress, bytes.count)
        if count < 0 {
            if count != -Int(EAGAIN) { input = nil }
            return bytes
        }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[count...])
        if rest.isEmpty { input = nil }
        return rest
    }

    /// nil when there is nothing now; 0 at the end.
    private static func read(_ descriptor: borrowing FileDescriptor, into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        do {
            return try descriptor.read(into: buffer)
        } catch {
            return error.number == EAGAIN ? nil : 0
        }
    }
}
