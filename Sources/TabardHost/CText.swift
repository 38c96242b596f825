package import CTabard

/// Text that came over the C boundary, checked before anybody uses it.
///
/// `{NULL, 0}` is absent; a pointer with length 0 is present and empty; the bytes are UTF-8 without NUL (tabard.h, "Strings").
package enum CText {
    /// What is wrong with one, in words that follow the name of the field.
    package struct Fault: Error {
        package let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    /// The bytes, in place. Nil when absent.
    package static func bytes(_ text: tabard_str, limit: Int) throws(Fault) -> UnsafeRawBufferPointer? {
        guard let start = text.ptr else {
            guard text.len == 0 else { throw Fault("is NULL with the length \(text.len)") }
            return nil
        }
        // A size_t above Int.max arrives as a negative number.
        guard (0...limit).contains(text.len) else { throw Fault("is \(text.len) bytes long, the limit is \(limit)") }
        return UnsafeRawBufferPointer(start: start, count: text.len)
    }

    /// The text, copied. Nil when absent.
    package static func optional(_ text: tabard_str, limit: Int) throws(Fault) -> String? {
        guard let bytes = try bytes(text, limit: limit) else { return nil }
        guard !bytes.contains(0) else { throw Fault("contains a NUL byte") }
        guard let copy = String(validating: bytes, as: UTF8.self) else { throw Fault("is not UTF-8") }
        return copy
    }

    /// The text, copied; it must be there and not be empty.
    package static func required(_ text: tabard_str, limit: Int) throws(Fault) -> String {
        guard let copy = try optional(text, limit: limit) else { throw Fault("is absent") }
        guard !copy.isEmpty else { throw Fault("is empty") }
        return copy
    }

    /// The elements of a list, in place.
    package static func elements<Element>(
        _ items: UnsafePointer<Element>?, _ count: Int, most: Int
    ) throws(Fault) -> UnsafeBufferPointer<Element> {
        // A size_t above Int.max arrives as a negative number.
        guard (0...most).contains(count) else { throw Fault("has more than \(most) elements") }
        guard items != nil || count == 0 else { throw Fault("is NULL with the count \(count)") }
        return UnsafeBufferPointer(start: items, count: count)
    }

    /// Whether `bytes` are UTF-8, found without a copy of what may be secret.
    package static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.withMemoryRebound(to: UInt8.self) { (try? UTF8Span(validating: $0.span)) != nil }
    }

    /// Text for a log line: cut at `limit` bytes, with what is not UTF-8 replaced.
    static func lossy(_ start: UnsafePointer<CChar>?, _ length: Int, limit: Int = 4096) -> String {
        guard let start, length > 0 else { return "" }
        let bytes = UnsafeRawBufferPointer(start: start, count: min(length, limit))
        return String(decoding: bytes, as: UTF8.self) + (length > limit ? " …" : "")
    }
}
