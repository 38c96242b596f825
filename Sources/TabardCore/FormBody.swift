/// Bodies of type `application/x-www-form-urlencoded` (WHATWG URL, section 5), as OAuth token endpoints (RFC 6749, section 4), token
/// servers of registries and AWS query services take them.
public enum FormBody {
    /// The type to send as Content-Type.
    public static let contentType = "application/x-www-form-urlencoded"

    /// The fields in their order, escaped, with no copy of a secret left behind.
    public static func encode(_ fields: [(name: String, value: FieldValue)]) -> Secret {
        var buffer = SecretBuffer(capacity: 512)
        for (index, field) in fields.enumerated() {
            if index > 0 { buffer.append("&") }
            FieldValue.text(field.name).withBytes { PercentEncoding.appendForm($0, to: &buffer) }
            buffer.append("=")
            field.value.withBytes { PercentEncoding.appendForm($0, to: &buffer) }
        }
        return buffer.freeze()
    }
}
