/// Sizes for people, in the units of 1024.
public enum ByteCount {
    /// One decimal above 1023 bytes: `12.3 MiB`.
    public static func text(_ bytes: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return unit == 0 ? "\(bytes) B" : "\(Decimal.text(value, digits: 1)) \(units[unit])"
    }
}
