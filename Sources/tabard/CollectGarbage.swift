import ArgumentParser
import TabardCommand
import TabardCore
import TabardRegistry

/// `tabard gc`: frees what no image of a layout needs.
struct CollectGarbage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Removes content that no image of an OCI image layout needs, and what interrupted downloads left.",
        discussion: """
            It waits until nobody pulls into the layout.

            Example:
              tabard gc --dest ./image
            """)

    @Option(help: "The image layout.")
    var dest = "./oci"

    func run() throws {
        let freed = try OCILayout(path: dest, making: false).collectGarbage(until: .max, cancellation: nil)
        StandardOutput.line("removed \(freed.files) \(freed.files == 1 ? "file" : "files"), \(ByteCount.text(freed.bytes))")
    }
}
