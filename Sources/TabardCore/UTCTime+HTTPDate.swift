extension UTCTime {
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let longWeekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Reads the three forms of RFC 9110, section 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` and
    /// `Sun Nov  6 08:49:37 1994`. A year of two digits lies between 1977 and 2076. Whether the day of the week is right is not checked.
    public init?(httpDate text: String) {
        var cursor = DigitCursor(text)
        let isLong = cursor.word(of: Self.longWeekdays.map { $0 + ", " }) != nil
        guard isLong || cursor.word(of: Self.weekdays) != nil else { return nil }
        if !isLong, !cursor.skip(", ") {
            self.init(afterWeekday: &cursor)
            return
        }
        let separator = isLong ? "-" : " "
        guard let day = cursor.number(2), cursor.skip(separator), let month = cursor.word(of: Self.months), cursor.skip(separator),
            var year = cursor.number(isLong ? 2 : 4)
        else { return nil }
        if isLong { year += year < 77 ? 2000 : 1900 }
        guard cursor.skip(" "), let clock = cursor.clock(), cursor.skip(" GMT"), cursor.isAtEnd else { return nil }
        self.init(year: year, month: month + 1, day: day, hour: clock.hour, minute: clock.minute, second: clock.second)
    }

    /// The rest of C's asctime form, whose day may be one digit behind two spaces.
    private init?(afterWeekday cursor: inout DigitCursor) {
        guard cursor.skip(" "), let month = cursor.word(of: Self.months), cursor.skip(" "),
            let day = cursor.skip(" ") ? cursor.number(1) : cursor.number(2), cursor.skip(" "), let clock = cursor.clock(),
            cursor.skip(" "), let year = cursor.number(4), cursor.isAtEnd
        else { return nil }
        self.init(year: year, month: month + 1, day: day, hour: clock.hour, minute: clock.minute, second: clock.second)
    }

    /// The form that is sent: `Sun, 06 Nov 1994 08:49:37 GMT`.
    public var httpDate: String {
        // 1970-01-01 was a Thursday.
        let days = Int(unixSeconds >= 0 ? unixSeconds / 86400 : (unixSeconds - 86399) / 86400)
        let weekday = Self.weekdays[((days + 4) % 7 + 7) % 7]
        return "\(weekday), \(Self.padded(day)) \(Self.months[month - 1]) \(Self.padded(year, 4)) "
            + "\(Self.padded(hour)):\(Self.padded(minute)):\(Self.padded(second)) GMT"
    }
}

extension DigitCursor {
    /// `hh:mm:ss`.
    fileprivate mutating func clock() -> (hour: Int, minute: Int, second: Int)? {
        guard let hour = number(2), skip(":"), let minute = number(2), skip(":"), let second = number(2) else { return nil }
        return (hour, minute, second)
    }
}
