import TabardCore
import TabardPluginKit

/// Images of one registry that the container runtime fetches from another: who asks for `mcr.microsoft.com/x` needs the password of the mirror.
struct RegistryMirror: Sendable, Equatable {
    /// The registry, perhaps with the start of a path, whose images are mirrored.
    let source: String
    /// The Azure registry that has them.
    let destination: String

    /// All that a setting says: `source:destination`, several separated by commas, as acr-credential-provider's `--registry-mirror` has it;
    /// `source=destination` where one of the two has a port.
    ///
    /// - Throws: `.invalid` naming the setting.
    static func all(in settings: ProviderSettings) throws(Failure) -> [RegistryMirror] {
        var mirrors: [RegistryMirror] = []
        for text in settings.all("registryMirrors").flatMap({ $0.split(separator: ",") }) {
            let separator: Character = text.contains("=") ? "=" : ":"
            let parts = text.split(separator: separator, omittingEmptySubsequences: false).map(trimmed)
            guard parts.count == 2, isPlace(parts[0]), isPlace(parts[1]), !parts[1].contains("/") else {
                throw Failure(
                    .invalid, attempting: "reading the settings of azure-acr", on: "registryMirrors",
                    reason: "\"\(text.prefix(100))\" does not name two registries",
                    advice: "write it as mcr.microsoft.com:myregistry.azurecr.io, with = in place of : where there is a port")
            }
            mirrors.append(RegistryMirror(source: parts[0], destination: parts[1]))
        }
        return mirrors
    }

    /// Whether the image is one of the source's: whole labels and whole parts of the path.
    func covers(_ request: PluginRequest) -> Bool { request.image == source || request.image.hasPrefix("\(source)/") }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()).lowercased()
    }

    private static func isPlace(_ text: String) -> Bool {
        !text.isEmpty && !text.hasSuffix("/") && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "*") }
    }
}
