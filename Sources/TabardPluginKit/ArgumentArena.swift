internal import CTabard
internal import Glibc
internal import TabardCore

/// Bytes that C reads during one call, overwritten and freed when the arena goes.
final class ArgumentArena {
    private var blocks: [UnsafeMutableRawBufferPointer] = []

    deinit {
        for block in blocks {
            if let base = block.baseAddress { explicit_bzero(base, block.count) }
            block.deallocate()
        }
    }

    /// A copy of `text`, never absent.
    func string(_ text: String) -> tabard_str {
        var text = text
        return text.withUTF8 { copy(UnsafeRawBufferPointer($0)) }
    }

    /// A copy of `secret`; absent for nil.
    func string(_ secret: Secret?) -> tabard_str {
        secret?.withBytes { copy($0) } ?? tabard_str()
    }

    /// Copies of the names and values.
    func pairs(_ fields: [(name: String, value: FieldValue)]) -> tabard_kv_list {
        guard !fields.isEmpty else { return tabard_kv_list() }
        let block = block(count: fields.count * MemoryLayout<tabard_kv>.stride)
        let items = block.bindMemory(to: tabard_kv.self)
        for (index, field) in fields.enumerated() {
            let value =
                switch field.value {
                case .text(let text): string(text)
                case .secret(let secret): string(secret)
                }
            items.initializeElement(at: index, to: tabard_kv(key: string(field.name), value: value))
        }
        return tabard_kv_list(items: UnsafePointer(items.baseAddress), count: fields.count)
    }

    private func copy(_ bytes: UnsafeRawBufferPointer) -> tabard_str {
        // One byte more, so that an empty string has an address: it is present.
        let block = block(count: bytes.count + 1)
        block.copyMemory(from: bytes)
        return tabard_str(ptr: UnsafePointer(block.bindMemory(to: CChar.self).baseAddress), len: bytes.count)
    }

    private func block(count: Int) -> UnsafeMutableRawBufferPointer {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: MemoryLayout<tabard_kv>.alignment)
        blocks.append(block)
        return block
    }
}
