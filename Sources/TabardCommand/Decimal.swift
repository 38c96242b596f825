/// Numbers with a fixed count of decimals, without Foundation.
public enum Decimal {
    /// Rounded to so many decimals.
    public static func text(_ value: Double, digits: Int) -> String {
        var scale: Int64 = 1
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int64((value * Double(scale)).rounded())
        let fraction = String(scaled.magnitude % scale.magnitude)
        return "\(scaled < 0 ? "-" : "")\(scaled.magnitude / scale.magnitude)."
            + String(repeating: "0", count: digits - fraction.utf8.count) + fraction
    }
}
