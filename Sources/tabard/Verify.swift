import ArgumentParser
import TabardCommand
import TabardCore
import TabardRegistry

/// `tabard verify`: compares everything in a layout with its digests.
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reads every image of an OCI image layout and compares its content with its digests.",
        discussion: """
            Example:
              tabard verify --dest ./image
            """)

    @Option(help: "The image layout.")
    var dest = "./oci"

    @Flag(help: "Remove damaged content, so that the next pull fetches it again.")
    var removeDamaged = false

    func run() throws {
        var bytes: Int64 = 0
        let damages = try OCILayout(path: dest, making: false).verify(
            removingDamaged: removeDamaged, until: .max, cancellation: nil, onChecked: { bytes += $0 })
        for damage in damages {
            StandardOutput.line("\(damage.image): \(damage.digest) is \(damage.isMissing ? "missing or cut short" : "damaged")")
        }
        guard damages.isEmpty else {
            let advice =
                removeDamaged || damages.allSatisfy(\.isMissing)
                ? "pull these images again with --policy Always" : "run `tabard verify --remove-damaged`, then pull these images again"
            StandardErrorLog.write("tabard: \(damages.count) \(damages.count == 1 ? "problem" : "problems") in \(dest); \(advice)")
            Exit.now(1)
        }
        StandardOutput.line("\(dest): \(ByteCount.text(bytes)) read, everything is what its digest says")
    }
}
