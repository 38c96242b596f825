import TabardCore
import TabardSystem

/// What the plugin learns from its machine beside the network, as closures, so that tests own it.
struct Surroundings: Sendable {
    /// The value of an environment variable that is set and not empty.
    var variable: @Sendable (String) -> String?
    /// The bytes of a small file.
    var file: @Sendable (String) throws(SystemError) -> [UInt8]
    /// Draws a number from 0 to 1, for the jitter of retries.
    var random: @Sendable () -> Double

    /// The real ones.
    static let real = Surroundings(
        variable: { Environment.nonEmptyValue($0) },
        file: { (path) throws(SystemError) in try FileSystem.contents(of: path, limit: 16 << 10) },
        random: { Double.random(in: 0...1) })
}
