import TabardCore

/// An `application/x-www-form-urlencoded` body (WHATWG URL, section 5), in memory that is wiped.
struct FormBody: ~Copyable {
    private var bytes = SecretBuffer(capacity: 512)

    mutating func add(_ name: String, _ value: String) {
        begin(name)
        append(value)
    }

    mutating func add(_ name: String, _ value: Secret) {
        begin(name)
        value.withBytes { PercentEncoding.appendForm($0, to: &bytes) }
    }

    consuming func finish() -> Secret { bytes.freeze() }

    private mutating func begin(_ name: String) {
        if bytes.count > 0 { bytes.append(UInt8(ascii: "&")) }
        append(name)
        bytes.append(UInt8(ascii: "="))
    }

    private mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { PercentEncoding.appendForm(UnsafeRawBufferPointer($0), to: &bytes) }
    }
}
