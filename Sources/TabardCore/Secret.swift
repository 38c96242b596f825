import Glibc

/// A password or token in memory of its own, overwritten when the last reference goes.
///
/// It prints as `<redacted>` in every way Swift can print a value, has no `Codable`, and gives its bytes only to a closure, so that
/// every place that reads a secret can be found by searching for `withBytes`. What a closure copies out of it is no longer wiped.
public final class Secret: Sendable {
    // Written only by the initialisers and deinit, so sharing it between threads is a read of constant memory.
    private nonisolated(unsafe) let memory: UnsafeMutableRawBufferPointer

    /// Takes over `memory`, which must come from `UnsafeMutableRawBufferPointer.allocate`.
    init(adopting memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
    }

    /// Copies `bytes`. The caller still owns, and wipes, its own copy.
    public convenience init(copying bytes: UnsafeRawBufferPointer) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        memory.copyMemory(from: bytes)
        self.init(adopting: memory)
    }

    /// Copies the UTF-8 bytes of `text`. The `String` itself cannot be wiped: use it for text that was never secret or is a fixture.
    public convenience init(_ text: String) {
        var text = text
        let memory = text.withUTF8 { utf8 in
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: utf8.count, alignment: 1)
            memory.copyMemory(from: UnsafeRawBufferPointer(utf8))
            return memory
        }
        self.init(adopting: memory)
    }

    deinit {
        if let base = memory.baseAddress { explicit_bzero(base, memory.count) }
        memory.deallocate()
    }

    /// The number of bytes.
    public var count: Int { memory.count }
    /// Whether there is nothing in it.
    public var isEmpty: Bool { memory.isEmpty }

    /// Lends the bytes to `body`; the pointer is valid only until `body` returns.
    public func withBytes<Result, Problem: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        try body(UnsafeRawBufferPointer(memory))
    }

    /// Whether both hold the same bytes, compared in a time that depends only on the lengths.
    public func hasSameBytes(as other: Secret) -> Bool {
        guard count == other.count else { return false }
        var difference: UInt8 = 0
        for index in 0..<count { difference |= memory[index] ^ other.memory[index] }
        return difference == 0
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `<redacted>`.
    public var description: String { "<redacted>" }
    /// Always `<redacted>`.
    public var debugDescription: String { "<redacted>" }
    /// A mirror without children, so that `dump` shows nothing.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
