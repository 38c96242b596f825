extension Duration {
    /// The whole nanoseconds, rounded towards zero, at most ±2^63-1 (292 years).
    public var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? -.max : .max }
        let (sum, overflows) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflows ? (seconds < 0 ? -.max : .max) : sum
    }
}

extension Int64 {
    /// The deadline that lies `duration` after this one, both in nanoseconds; never before or beyond what fits.
    public func addingSaturated(_ duration: Duration) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(duration.wholeNanoseconds)
        return overflow ? (duration < .zero ? .min : .max) : sum
    }

    /// The sum, or the end of the range that it went past.
    package func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    /// The difference, or the end of the range that it went past.
    package func subtractingSaturated(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
}
