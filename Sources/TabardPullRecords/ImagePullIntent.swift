import TabardCore
import TabardJSON

/// The kubelet's `ImagePullIntent`: an image is about to be here, and it is not written down yet who may use it.
struct ImagePullIntent: Sendable, Equatable {
    /// As it was asked for, in docker's normalised form.
    let image: String

    init(image: String) { self.image = image }

    /// Reads an intent.
    init(_ bytes: [UInt8], file: String) throws(Failure) {
        let source = JSONSource(file, attempting: "reading the intent of a pull", code: .corrupted)
        let root = try JSONDocument(reading: bytes, from: source).root.asObject()
        guard try root.requireString("kind") == "ImagePullIntent" else { throw root.failure("is no ImagePullIntent") }
        image = try root.requireString("image")
    }

    /// The intent in the kubelet's form.
    var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("kind", "ImagePullIntent")
            json.field("apiVersion", ImagePulledRecord.version)
            json.field("image", image)
        }
        return json.finishBytes()
    }
}
