import CTabard
import Glibc
import TabardSystem

/// What a plugin is lent during one call.
final class ProbeMemory {
    /// What becomes of it when the call is over.
    enum Kind: Sendable {
        /// Freed: for many calls.
        case freed
        /// Kept until the process ends.
        case kept
        /// Every piece ends where a page ends whose successor nobody may read; after the call nobody may read any of it.
        case guarded
    }

    private let kind: Kind
    private var pieces: [UnsafeMutableRawBufferPointer] = []
    private static let page = 4096
    /// Set once the machine had no more guarded pages to give; from then on a check shows nothing.
    static let shortage = Monitor<SystemError?>(nil)

    init(_ kind: Kind) { self.kind = kind }

    /// Uninitialised memory of that size.
    private func piece(_ count: Int) -> UnsafeMutableRawPointer {
        if kind == .guarded, let piece = guardedPiece(count) { return piece }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 16)
        if kind != .guarded { pieces.append(memory) }
        // Never empty, so it has an address.
        return memory.baseAddress.unsafelyUnwrapped
    }

    private func guardedPiece(_ count: Int) -> UnsafeMutableRawPointer? {
        let pages = (max(count, 1) + Self.page - 1) / Self.page * Self.page
        let start = mmap(nil, pages + Self.page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let start, start != MAP_FAILED else {
            let error = SystemError("mmap")
            Self.shortage.withLock { $0 = error }
            return nil
        }
        mprotect(start + pages, Self.page, PROT_NONE)
        pieces.append(UnsafeMutableRawBufferPointer(start: start, count: pages))
        return start + (pages - count)
    }

    /// A copy of `text`, without a NUL behind it.
    func text(_ text: String) -> tabard_str { bytes(Array(text.utf8)) }

    /// A copy of `bytes`, present even when it is empty.
    func bytes(_ bytes: [UInt8]) -> tabard_str {
        let memory = piece(bytes.count)
        bytes.withUnsafeBytes { memory.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(memory), byteCount: $0.count) }
        return tabard_str(ptr: UnsafePointer(memory.assumingMemoryBound(to: CChar.self)), len: bytes.count)
    }

    /// A copy of a struct, with `tail` bytes behind it that mean nothing.
    func value<Value: BitwiseCopyable>(_ value: Value, tail: Int = 0) -> UnsafeMutablePointer<Value> {
        let size = MemoryLayout<Value>.size
        let memory = piece(size + tail)
        withUnsafeBytes(of: value) { memory.copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: size) }
        memset(memory + size, 0xA5, tail)
        return memory.bindMemory(to: Value.self, capacity: 1)
    }

    /// An array of pairs whose texts live here too.
    func pairs(_ pairs: [(String, String)]) -> tabard_kv_list {
        guard !pairs.isEmpty else { return tabard_kv_list() }
        let values = pairs.map { tabard_kv(key: text($0.0), value: text($0.1)) }
        let memory = piece(MemoryLayout<tabard_kv>.stride * values.count).bindMemory(to: tabard_kv.self, capacity: values.count)
        for (index, value) in values.enumerated() { (memory + index).initialize(to: value) }
        return tabard_kv_list(items: memory, count: values.count)
    }

    /// The call is over.
    func retire() {
        for piece in pieces {
            switch kind {
            case .freed: piece.deallocate()
            case .kept: break
            case .guarded: mprotect(piece.baseAddress, piece.count, PROT_NONE)
            }
        }
        pieces = []
    }
}
