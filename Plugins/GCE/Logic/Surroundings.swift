package import TabardCore
internal import TabardSystem

/// What the plugin learns from its machine beside the network, as closures, so that tests own it.
package struct Surroundings: Sendable {
    /// The value of an environment variable that is set and not empty.
    package var variable: @Sendable (String) -> String?
    /// A field of the firmware's tables by its name in /sys/class/dmi/id, or nil when it does not say.
    package var firmware: @Sendable (String) -> String?
    /// All bytes of a small regular file, or nil when there is no such file.
    package var file: @Sendable (String) throws(Failure) -> Secret?
    /// Draws a number from 0 to 1, for the jitter of retries.
    package var random: @Sendable () -> Double

    /// Makes surroundings.
    package init(
        variable: @escaping @Sendable (String) -> String?, firmware: @escaping @Sendable (String) -> String?,
        file: @escaping @Sendable (String) throws(Failure) -> Secret? = { _ in nil }, random: @escaping @Sendable () -> Double
    ) {
        self.variable = variable
        self.firmware = firmware
        self.file = file
        self.random = random
    }

    /// The real ones. Every Linux on PC firmware has these files, and containers see them; `TABARD_DMI_FOLDER` names another folder.
    package static let real = Surroundings(
        variable: { Environment.nonEmptyValue($0) },
        firmware: { field in
            let folder = Environment.nonEmptyValue("TABARD_DMI_FOLDER") ?? "/sys/class/dmi/id"
            guard let bytes = try? FileSystem.contents(of: "\(folder)/\(field)", limit: 256) else { return nil }
            let name = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first
            return name.map(String.init)
        },
        file: { (path) throws(Failure) in try read(path) },
        random: { Double.random(in: 0...1) })

    private static func read(_ path: String) throws(Failure) -> Secret? {
        let limit = 64 << 10
        var problem = "it is not a regular file"
        do throws(SystemError) {
            // Opening a pipe would wait for its writer.
            if try FileStatus(of: path).kind == .regular {
                // 0 is O_RDONLY everywhere.
                let file = try FileDescriptor.open(path, flags: 0)
                var buffer = SecretBuffer(capacity: 4096)
                try file.readPieces(of: 4096) { piece in
                    buffer.append(piece)
                    return buffer.count <= limit
                }
                if buffer.count <= limit { return buffer.freeze() }
                problem = "it is longer than \(limit) bytes"
            }
        } catch {
            if error.isNotFound { return nil }
            problem = error.meaning
        }
        throw Failure(.local, attempting: "reading a file of credentials", on: path, reason: problem, advice: "check the file")
    }
}
