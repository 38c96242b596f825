import TabardCore

/// A time as signatures write it: `20150830T123600Z`, and its date alone.
struct SigV4Moment {
    let dateTime: String
    var date: String { String(dateTime.prefix(8)) }

    init(_ time: UTCTime) {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let year = String(repeating: "0", count: max(0, 4 - String(time.year).count)) + String(time.year)
        dateTime = "\(year)\(two(time.month))\(two(time.day))T\(two(time.hour))\(two(time.minute))\(two(time.second))Z"
    }
}
