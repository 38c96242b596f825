import ArgumentParser
import TabardCommand
import TabardCore
import TabardRegistry

/// `tabard remove`: takes images out of a layout.
struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Takes images out of an OCI image layout; `tabard gc` then frees what no other image needs.",
        discussion: """
            Example:
              tabard remove gcr.io/project/app:1 --dest ./image && tabard gc --dest ./image
            """,
        aliases: ["rmi"])

    @Argument(help: "The images, as they were pulled.")
    var images: [String]

    @Option(help: "The image layout.")
    var dest = "./oci"

    func run() throws {
        let names = try images.map { try ImageReference($0).description }
        let layout = try OCILayout(path: dest, making: false)
        // All are looked for before the first goes, so that a wrong name changes nothing.
        for name in names where try layout.descriptor(named: name) == nil {
            throw Failure(
                .notFound, attempting: "removing the image", on: name, reason: "\(dest) has no image of that name",
                advice: "`tabard images --dest \(dest)` lists what it has")
        }
        for name in names {
            let use = try layout.use(until: .max, cancellation: nil)
            defer { use.end() }
            try layout.removeImage(name, until: .max, cancellation: nil)
            StandardOutput.line("removed \(name)")
        }
    }
}
