import TabardCore
import TabardSystem

/// How long a server asked to be left alone: the `Retry-After` field, seconds or a date (RFC 9110, section 10.2.3).
enum RetryDelay {
    /// Longer wishes are cut to this.
    static let maximum = Duration.seconds(60)

    /// Reads the field; nil when it is missing, malformed or in the past.
    static func read(_ field: String?, now clocks: any Clocks) -> Duration? {
        guard let field, !field.isEmpty else { return nil }
        if field.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            guard let seconds = Int64(field), seconds <= 60 else { return maximum }
            return .seconds(seconds)
        }
        guard let date = UTCTime(httpDate: field) else { return nil }
        let nanoseconds = date.unixNanoseconds - clocks.unixNanoseconds
        return nanoseconds > 0 ? min(.nanoseconds(nanoseconds), maximum) : nil
    }
}
