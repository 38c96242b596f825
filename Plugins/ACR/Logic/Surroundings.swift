import TabardCore
import TabardPluginKit
import TabardSystem

/// What the plugin learns from its machine beside the network, as closures, so that tests own it.
struct Surroundings: Sendable {
    /// The value of an environment variable that is set and not empty.
    var variable: @Sendable (String) -> String?
    /// The bytes of a small file.
    var file: @Sendable (String) throws(SystemError) -> Secret
    /// Draws a number from 0 to 1, for the jitter of retries.
    var random: @Sendable () -> Double

    /// The real ones.
    static let real = Surroundings(
        variable: { Environment.nonEmptyValue($0) }, file: { (path) throws(SystemError) in try SmallSecretFile.read(path) },
        random: { Double.random(in: 0...1) })

    /// The file as one value.
    ///
    /// - Throws: `.local`, naming what asked for the file.
    func file(_ path: String, as what: String, namedBy place: String) throws(Failure) -> Secret {
        do throws(SystemError) {
            return try file(path)
        } catch {
            throw Failure(
                .local, attempting: "reading \(what)", on: path, reason: error.meaning,
                advice: "check \(place) and who may read that file")
        }
    }
}
