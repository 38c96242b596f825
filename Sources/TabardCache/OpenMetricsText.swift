/// Numbers as OpenMetrics text (openmetrics.io, version 1.0), family by family, as Prometheus reads it.
///
/// Serve it as `application/openmetrics-text; version=1.0.0; charset=utf-8`.
public struct OpenMetricsText: Sendable {
    /// Names and values that tell the samples of one family apart.
    public typealias Labels = [(name: String, value: String)]

    private var text = ""

    /// Begins an empty text.
    public init() {}

    /// The whole text with its end mark; nothing can be added to it.
    public var ended: String { text + "# EOF\n" }

    /// Adds what only ever grows. `name` comes without `_total`.
    public mutating func counter(_ name: String, _ help: String, _ samples: [(labels: Labels, value: UInt64)]) {
        begin(name, "counter", help)
        for (labels, value) in samples { add("\(name)_total", labels, "\(value)") }
    }

    /// Adds what goes up and down.
    public mutating func gauge(_ name: String, _ help: String, _ samples: [(labels: Labels, value: Int64)]) {
        begin(name, "gauge", help)
        for (labels, value) in samples { add(name, labels, "\(value)") }
    }

    /// Adds what is known once for all: its labels are what it says. `name` comes without `_info`.
    public mutating func info(_ name: String, _ help: String, _ labels: Labels) {
        begin(name, "info", help)
        add("\(name)_info", labels, "1")
    }

    /// Adds times. `name` ends in `_seconds`, the unit that they are told in.
    public mutating func histogram(_ name: String, _ help: String, _ samples: [(labels: Labels, value: LatencyHistogram)]) {
        begin(name, "histogram", help, unit: "seconds")
        for (labels, histogram) in samples {
            var sum: UInt64 = 0
            for (index, count) in histogram.counts.enumerated() {
                sum += count
                let bounds = LatencyHistogram.boundsInMilliseconds
                let bound = index < bounds.count ? Self.decimal(UInt64(bounds[index]), digits: 3) : "+Inf"
                add("\(name)_bucket", labels + [("le", bound)], "\(sum)")
            }
            add("\(name)_sum", labels, Self.decimal(histogram.sumNanoseconds, digits: 9))
            add("\(name)_count", labels, "\(sum)")
        }
    }

    private mutating func begin(_ name: String, _ type: String, _ help: String, unit: String? = nil) {
        text += "# TYPE \(name) \(type)\n"
        if let unit { text += "# UNIT \(name) \(unit)\n" }
        text += "# HELP \(name) \(Self.escaped(help))\n"
    }

    private mutating func add(_ name: String, _ labels: Labels, _ value: String) {
        let list = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
        text += "\(name)\(list.isEmpty ? "" : "{\(list)}") \(value)\n"
    }

    /// Escapes what would end a value or a line.
    private static func escaped(_ value: String) -> String {
        var result = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// `value` with its point `digits` places from the right, in the form that OpenMetrics calls canonical.
    private static func decimal(_ value: UInt64, digits: Int) -> String {
        var text = String(value)
        while text.utf8.count <= digits { text = "0" + text }
        var fraction = text.suffix(digits)
        while fraction.utf8.count > 1, fraction.utf8.last == UInt8(ascii: "0") { fraction.removeLast() }
        return "\(text.dropLast(digits)).\(fraction)"
    }
}
