public import TabardCore

/// The `Retry-After` field: how long the other side asks to be left alone (RFC 9110, section 10.2.3).
public enum RetryAfter {
    /// What is believed at most: who asks for more is asked again after this, should the deadline allow it.
    public static let longest = Duration.seconds(60)

    /// The delay that a field value asks for, at most `longest`; nil when it is malformed or names a moment that is past.
    public static func delay(of field: String, now: UTCTime) -> Duration? {
        let digits = field.utf8
        if !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) {
            // A number that overflows is certainly larger than the limit.
            return min(longest, .seconds(Int64(field) ?? .max))
        }
        guard let moment = UTCTime(httpDate: field), moment > now else { return nil }
        return min(longest, moment.duration(since: now))
    }
}
