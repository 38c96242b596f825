import ArgumentParser
import TabardCommand
import TabardCore
import TabardJSON
import TabardRegistry

/// `tabard images`: what a layout holds.
struct Images: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the images of an OCI image layout.",
        discussion: """
            Example:
              tabard images --dest ./image
            """)

    @Option(help: "The image layout.")
    var dest = "./oci"

    @Flag(help: "One JSON object per image.")
    var json = false

    func run() throws {
        let images = try OCILayout(path: dest, making: false).images()
        if json { return images.forEach { StandardOutput.line(Self.json($0)) } }
        for image in images {
            let platforms = image.platforms.map(\.description).joined(separator: ",")
            let size = ByteCount.text(image.bytes) + (image.isWhole ? "" : ", not whole: pull it again")
            StandardOutput.line(
                "\(image.name)@\(image.digest)  \(platforms.isEmpty ? "-" : platforms)  \(size)".escapingControlCharacters())
        }
    }

    private static func json(_ image: LayoutImage) -> String {
        var json = JSONWriter()
        json.object { json in
            json.field("image", image.name)
            json.field("digest", image.digest.description)
            json.field("bytes", image.bytes)
            json.field("platforms", image.platforms.map(\.description))
            json.field("whole", image.isWhole)
        }
        return String(decoding: json.finishBytes(), as: UTF8.self)
    }
}
