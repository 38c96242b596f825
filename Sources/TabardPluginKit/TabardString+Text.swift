internal import CTabard
internal import TabardCore

/// What a string or list at the C boundary may measure at most; longer ones are a mistake or an attack.
enum BoundaryLimit {
    static let bytes = 1 << 20
    static let elements = 4096
}

extension tabard_str {
    /// The bytes; nil for "absent".
    ///
    /// - Throws: `.invalid` for a NULL with a length, and for more than `BoundaryLimit.bytes`.
    func bytes(_ what: String) throws(Failure) -> UnsafeRawBufferPointer? {
        guard let ptr else {
            guard len == 0 else { throw Self.refused(what, "it is NULL but has a length") }
            return nil
        }
        guard len <= BoundaryLimit.bytes else { throw Self.refused(what, "it is longer than \(BoundaryLimit.bytes) bytes") }
        return UnsafeRawBufferPointer(start: ptr, count: len)
    }

    /// A copy as text; nil for "absent".
    ///
    /// - Throws: `.invalid` also for what is not UTF-8 or has a NUL.
    func text(_ what: String) throws(Failure) -> String? {
        guard let bytes = try bytes(what) else { return nil }
        guard bytes.isText, let text = String(validating: bytes, as: UTF8.self) else {
            throw Self.refused(what, "it is not UTF-8 or has a NUL in it")
        }
        return text
    }

    /// A copy as a secret; nil for "absent". The same strings are refused as by `text`.
    func secret(_ what: String) throws(Failure) -> Secret? {
        guard let bytes = try bytes(what) else { return nil }
        guard bytes.isText else { throw Self.refused(what, "it is not UTF-8 or has a NUL in it") }
        return Secret(copying: bytes)
    }

    private static func refused(_ what: String, _ reason: String) -> Failure {
        Failure(.invalid, attempting: "reading what the host passed", on: what, reason: reason, advice: "report this to the host's authors")
    }
}

extension tabard_kv_list {
    /// The pairs, not yet checked.
    func pairs(_ what: String) throws(Failure) -> UnsafeBufferPointer<tabard_kv> {
        guard count <= BoundaryLimit.elements, items != nil || count == 0 else {
            throw Failure(.invalid, attempting: "reading what the host passed", on: what, reason: "the list is NULL or too long")
        }
        return UnsafeBufferPointer(start: items, count: count)
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are UTF-8 without NUL, found out without a copy that nobody could wipe.
    var isText: Bool {
        var rest = makeIterator()
        var parser = Unicode.UTF8.ForwardParser()
        while true {
            switch parser.parseScalar(from: &rest) {
            case .valid(let scalar): if scalar.first == 0 { return false }
            case .error: return false
            case .emptyInput: return true
            }
        }
    }
}

/// The part of a C struct that its maker filled, the rest zero: a struct of another minor version is shorter or longer than ours.
///
/// - Parameter empty: The struct with all fields zero.
/// - Returns: nil for NULL or a struct without room for its own size.
func filledPart<Struct: BitwiseCopyable>(of pointer: UnsafePointer<Struct>?, _ empty: Struct) -> Struct? {
    guard let pointer else { return nil }
    // struct_size is the first field of every struct.
    let size = Int(UnsafeRawPointer(pointer).load(as: UInt32.self))
    guard size >= MemoryLayout<UInt32>.size else { return nil }
    var value = empty
    withUnsafeMutableBytes(of: &value) {
        $0.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: min(size, MemoryLayout<Struct>.size)))
    }
    return value
}
