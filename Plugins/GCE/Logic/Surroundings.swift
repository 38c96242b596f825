internal import TabardSystem

/// What the plugin learns from its machine beside the network, as closures, so that tests own it.
package struct Surroundings: Sendable {
    /// The value of an environment variable that is set and not empty.
    package var variable: @Sendable (String) -> String?
    /// What the firmware calls the machine, or nil when it does not say.
    package var productName: @Sendable () -> String?
    /// Draws a number from 0 to 1, for the jitter of retries.
    package var random: @Sendable () -> Double

    /// Makes surroundings.
    package init(
        variable: @escaping @Sendable (String) -> String?, productName: @escaping @Sendable () -> String?,
        random: @escaping @Sendable () -> Double
    ) {
        self.variable = variable
        self.productName = productName
        self.random = random
    }

    /// The real ones. The product name stands in a file that every Linux on PC firmware has and containers see.
    package static let real = Surroundings(
        variable: { Environment.nonEmptyValue($0) },
        productName: {
            guard let bytes = try? FileSystem.contents(of: "/sys/class/dmi/id/product_name", limit: 256) else { return nil }
            let name = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first
            return name.map(String.init)
        },
        random: { Double.random(in: 0...1) })
}
