import CTabard

/// Takes an input apart into what a C caller hands over. Every text is memory of its own and exactly as long as it says, so that the
/// address sanitizer sees a byte that is read beyond it.
final class CArguments {
    private var rest: Slice<UnsafeRawBufferPointer>
    private var pieces: [UnsafeMutableRawPointer] = []

    init(_ input: UnsafeRawBufferPointer) { rest = input[...] }

    deinit { for piece in pieces { piece.deallocate() } }

    var isEmpty: Bool { rest.isEmpty }

    /// The next byte; zero at the end.
    func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// The next eight bytes.
    func number() -> Int64 { (0..<8).reduce(0) { number, _ in number << 8 | Int64(byte()) } }

    /// The size of a struct: the right one, mostly.
    func size<Value>(of type: Value.Type) -> UInt32 {
        let change = byte()
        let size = UInt32(MemoryLayout<Value>.size)
        return change < 200 ? size : change < 230 ? size - 1 : UInt32(change - 230)
    }

    /// A text: absent, empty with an address, or up to 250 of the following bytes.
    func text() -> tabard_str {
        let length = Int(byte())
        guard length < 251 else { return tabard_str(ptr: nil, len: length == 255 ? 7 : 0) }
        let bytes = Array(rest.prefix(length))
        rest = rest.dropFirst(length)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: 1)
        memory.copyMemory(from: bytes, byteCount: bytes.count)
        pieces.append(memory)
        return tabard_str(ptr: UnsafePointer(memory.assumingMemoryBound(to: CChar.self)), len: bytes.count)
    }

    /// A few texts.
    func texts() -> tabard_str_list {
        let (items, count) = list { text() }
        return tabard_str_list(items: items, count: count)
    }

    /// A few pairs.
    func pairs() -> tabard_kv_list {
        let (items, count) = list { tabard_kv(key: text(), value: text()) }
        return tabard_kv_list(items: items, count: count)
    }

    /// A few elements; now and then with a number of them that no reader can believe.
    func list<Value: BitwiseCopyable>(_ element: () -> Value) -> (items: UnsafePointer<Value>?, count: Int) {
        let kind = byte()
        let values = (0..<kind % 4).map { _ in element() }
        switch kind {
        case 252: return (nil, 3)
        // What a size_t of SIZE_MAX is in Swift.
        case 253: return (kept(values), -1)
        case 254: return (kept(values), .min)
        case 255: return (kept(values), .max)
        default: return (kept(values), values.count)
        }
    }

    private func kept<Value: BitwiseCopyable>(_ values: [Value]) -> UnsafePointer<Value>? {
        guard !values.isEmpty else { return nil }
        let memory = UnsafeMutablePointer<Value>.allocate(capacity: values.count)
        memory.initialize(from: values, count: values.count)
        pieces.append(UnsafeMutableRawPointer(memory))
        return UnsafePointer(memory)
    }
}
