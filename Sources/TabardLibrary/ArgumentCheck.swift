import CTabard
import TabardCore
import TabardHost

/// Reads what an embedder passed in; everything that is wrong becomes a `Failure` that names the field.
struct ArgumentCheck {
    /// The function, as its caller knows it.
    let function: String

    func wrong(_ field: String, _ reason: String) -> Failure {
        Failure(.invalid, attempting: "calling \(function)", reason: field.isEmpty ? reason : "\(field) \(reason)")
    }

    /// Refuses a struct of another, shorter header. All fields of version 1.0 are there afterwards.
    func size(_ actual: UInt32, _ expected: Int, of type: String) throws(Failure) {
        guard Int(actual) >= expected else {
            throw wrong(
                "struct_size of \(type)", "is \(actual), at least \(expected) is needed: zero the struct and write its sizeof there")
        }
    }

    func zero(_ number: UInt32, _ field: String) throws(Failure) {
        guard number == 0 else { throw wrong(field, "is \(number), which means nothing to this version: it must be 0") }
    }

    func optional(_ text: tabard_str, _ field: String, limit: Int) throws(Failure) -> String? {
        do throws(CText.Fault) { return try CText.optional(text, limit: limit) } catch { throw wrong(field, error.reason) }
    }

    /// The bytes as a secret, checked in place; nil when absent.
    func secret(_ text: tabard_str, _ field: String, limit: Int) throws(Failure) -> Secret? {
        let bytes: UnsafeRawBufferPointer?
        do throws(CText.Fault) { bytes = try CText.bytes(text, limit: limit) } catch { throw wrong(field, error.reason) }
        guard let bytes else { return nil }
        guard !bytes.contains(0) else { throw wrong(field, "contains a NUL byte") }
        guard CText.isUTF8(bytes) else { throw wrong(field, "is not UTF-8") }
        return Secret(copying: bytes)
    }

    func list(_ list: tabard_str_list, _ field: String, most: Int) throws(Failure) -> UnsafeBufferPointer<tabard_str> {
        try self.list(list.items, list.count, field, most: most)
    }

    func pairs(_ list: tabard_kv_list, _ field: String, most: Int, limit: Int) throws(Failure) -> [String: String] {
        var result: [String: String] = [:]
        for (index, pair) in try self.list(list.items, list.count, field, most: most).enumerated() {
            guard let key = try optional(pair.key, "\(field)[\(index)].key", limit: limit), !key.isEmpty else {
                throw wrong("\(field)[\(index)].key", "is absent or empty")
            }
            let value = try optional(pair.value, "\(field)[\(index)].value", limit: limit) ?? ""
            guard result.updateValue(value, forKey: key) == nil else { throw wrong("\(field)[\(index)].key", "stands there twice") }
        }
        return result
    }

    private func list<Element>(
        _ items: UnsafePointer<Element>?, _ count: Int, _ field: String, most: Int
    ) throws(Failure) -> UnsafeBufferPointer<Element> {
        do throws(CText.Fault) { return try CText.elements(items, count, most: most) } catch { throw wrong(field, error.reason) }
    }
}
