package import CTabard
package import TabardCore

/// Memory lent to a plugin until the call that it belongs to returns, then overwritten and freed.
///
/// Filled by one thread, then only kept and freed by others.
package final class CallMemory: @unchecked Sendable {
    // `blocks` changes only in `copy` and `list`, which nobody calls once a second thread can see the object.
    private var blocks: [UnsafeMutableRawBufferPointer] = []

    /// Nothing is lent yet.
    package init() {}

    deinit {
        for block in blocks {
            block.withMemoryRebound(to: UInt8.self) { tabard_secure_zero($0.baseAddress, $0.count) }
            block.deallocate()
        }
    }

    /// A copy of `bytes`, present even when it is empty.
    package func copy(_ bytes: UnsafeRawBufferPointer) -> tabard_str {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
        block.copyMemory(from: bytes)
        blocks.append(block)
        return tabard_str(ptr: UnsafeRawPointer(block.baseAddress)?.assumingMemoryBound(to: CChar.self), len: bytes.count)
    }

    /// A copy of the UTF-8 of `text`.
    package func copy(_ text: String) -> tabard_str {
        var text = text
        return text.withUTF8 { copy(UnsafeRawBufferPointer($0)) }
    }

    /// A copy of `text`, or absent.
    func copy(_ text: String?) -> tabard_str { text.map { copy($0) } ?? tabard_str() }

    /// A copy of `secret`, or absent.
    package func copy(_ secret: Secret?) -> tabard_str { secret?.withBytes { copy($0) } ?? tabard_str() }

    /// An array of pairs whose texts live here too.
    func list(_ pairs: [tabard_kv]) -> tabard_kv_list {
        guard !pairs.isEmpty else { return tabard_kv_list() }
        let size = MemoryLayout<tabard_kv>.stride * pairs.count
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: MemoryLayout<tabard_kv>.alignment)
        blocks.append(block)
        let items = block.bindMemory(to: tabard_kv.self)
        _ = items.initialize(from: pairs)
        return tabard_kv_list(items: items.baseAddress, count: pairs.count)
    }
}
