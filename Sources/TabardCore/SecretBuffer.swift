import Glibc

/// Bytes that grow while an answer arrives and are overwritten wherever they have been: on growth, on clearing and at the end.
///
/// Not for sharing between threads while it is written; `freeze()` gives the immutable `Secret`.
public struct SecretBuffer: ~Copyable {
    private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    /// The number of bytes written so far.
    public private(set) var count = 0

    /// Makes an empty buffer with room for `capacity` bytes.
    public init(capacity: Int = 0) {
        if capacity > 0 { memory = .allocate(byteCount: capacity, alignment: 1) }
    }

    deinit { Self.discard(memory) }

    /// Appends a copy of `bytes`.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
        reserve(count + bytes.count)
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).baseAddress?.copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    /// Appends one byte.
    public mutating func append(_ byte: UInt8) {
        reserve(count + 1)
        memory[count] = byte
        count += 1
    }

    /// Appends the bytes of `secret`.
    public mutating func append(_ secret: Secret) {
        secret.withBytes { append($0) }
    }

    /// Appends the UTF-8 bytes of `text`, which is not itself wiped.
    public mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Overwrites everything and starts again with nothing.
    public mutating func removeAll() {
        Self.discard(memory)
        memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        count = 0
    }

    /// Lends the bytes written so far to `body`; the pointer is valid only until `body` returns.
    public func withBytes<Result, Problem: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }

    /// Gives the bytes written so far as a `Secret`, and ends this buffer.
    public consuming func freeze() -> Secret {
        withBytes { Secret(copying: $0) }
    }

    private mutating func reserve(_ needed: Int) {
        guard needed > memory.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: max(needed, memory.count * 2, 64), alignment: 1)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
        Self.discard(memory)
        memory = larger
    }

    private static func discard(_ memory: UnsafeMutableRawBufferPointer) {
        guard let base = memory.baseAddress else { return }
        explicit_bzero(base, memory.count)
        memory.deallocate()
    }
}
