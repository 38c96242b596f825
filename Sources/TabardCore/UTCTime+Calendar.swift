extension UTCTime {
    /// The moment that many seconds after 1970; the nearest that fits for years before 1678 and after 2261.
    public init(unixSeconds: Int64) {
        let (product, overflow) = unixSeconds.multipliedReportingOverflow(by: 1_000_000_000)
        self.init(unixNanoseconds: overflow ? (unixSeconds < 0 ? .min : .max) : product)
    }

    /// A moment of the calendar in UTC, or nil when there is no such day or time. `second` may be 60, a leap second, and is then the next
    /// minute's 0. Years 0 to 9999; those that do not fit become the nearest moment that does, so that "for ever" stays far away.
    public init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, nanosecond: Int = 0) {
        guard (0...9999).contains(year), (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year) else { return nil }
        guard (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second) else { return nil }
        // Days since 1970 by the 400-year era, with years that start in March.
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        let whole = UTCTime(unixSeconds: Int64(days * 86400 + hour * 3600 + minute * 60 + second))
        self = whole.adding(.nanoseconds(nanosecond))
    }

    /// The moment `duration` later (earlier when negative), at most the last one that fits.
    public func adding(_ duration: Duration) -> UTCTime {
        UTCTime(unixNanoseconds: unixNanoseconds.addingSaturated(duration))
    }

    /// How long after `earlier` this is; negative when it is before.
    public func duration(since earlier: UTCTime) -> Duration {
        .nanoseconds(unixNanoseconds) - .nanoseconds(earlier.unixNanoseconds)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}
