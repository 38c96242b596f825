/// A moment on the proleptic Gregorian calendar in UTC, to the nanosecond.
public struct UTCTime: Sendable, Hashable, Comparable {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    public let unixNanoseconds: Int64

    /// The moment that many nanoseconds after 1970.
    public init(unixNanoseconds: Int64) { self.unixNanoseconds = unixNanoseconds }

    /// Earlier is smaller.
    public static func < (left: UTCTime, right: UTCTime) -> Bool { left.unixNanoseconds < right.unixNanoseconds }

    /// Whole seconds since 1970, rounded down.
    public var unixSeconds: Int64 {
        let (quotient, remainder) = unixNanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }
    /// The part below a second, 0 to 999,999,999.
    public var nanosecond: Int {
        let remainder = Int(unixNanoseconds % 1_000_000_000)
        return remainder < 0 ? remainder + 1_000_000_000 : remainder
    }
    /// 0 to 23.
    public var hour: Int { secondOfDay / 3600 }
    /// 0 to 59.
    public var minute: Int { secondOfDay / 60 % 60 }
    /// 0 to 59: POSIX time has no leap seconds.
    public var second: Int { secondOfDay % 60 }
    /// The year.
    public var year: Int { civil.year }
    /// 1 to 12.
    public var month: Int { civil.month }
    /// 1 to 31.
    public var day: Int { civil.day }

    private var dayNumber: Int64 {
        let (quotient, remainder) = unixSeconds.quotientAndRemainder(dividingBy: 86400)
        return remainder < 0 ? quotient - 1 : quotient
    }
    private var secondOfDay: Int { Int(unixSeconds - dayNumber * 86400) }

    /// Days to year, month, day: the 400-year era arithmetic of the proleptic Gregorian calendar, years starting in March.
    private var civil: (year: Int, month: Int, day: Int) {
        let shifted = Int(dayNumber) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
