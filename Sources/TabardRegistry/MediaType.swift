/// The kinds of manifest that a puller understands (OCI image-spec, media-types.md; Docker's image manifest v2, schema 2).
enum MediaType {
    static let ociManifest = "application/vnd.oci.image.manifest.v1+json"
    static let ociIndex = "application/vnd.oci.image.index.v1+json"
    static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    static let dockerList = "application/vnd.docker.distribution.manifest.list.v2+json"

    /// What is asked for, best first. A registry hides an OCI index from whoever does not name it.
    static let accepted = [ociIndex, ociManifest, dockerList, dockerManifest].joined(separator: ", ")

    static func isManifest(_ type: String) -> Bool { type == ociManifest || type == dockerManifest }
    static func isIndex(_ type: String) -> Bool { type == ociIndex || type == dockerList }
    /// Whether an index names something with it that is kept as it is, unread. No type at all is that of an image.
    static func isOpaque(_ type: String) -> Bool { !type.isEmpty && !isManifest(type) && !isIndex(type) && !isSchema1(type) }
    /// Whether it is the first format, which no registry should serve any more.
    static func isSchema1(_ type: String) -> Bool { type.hasPrefix("application/vnd.docker.distribution.manifest.v1+") }

    /// The type alone, lower case, without parameters: `application/json; charset=utf-8` is `application/json`.
    static func essence(of field: String) -> String {
        let type = field.prefix { $0 != ";" }
        return String(type.filter { $0 != " " && $0 != "\t" }).lowercased()
    }
}
