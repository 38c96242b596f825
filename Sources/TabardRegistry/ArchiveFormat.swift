/// How images leave a layout as one file.
public enum ArchiveFormat: String, Sendable, CaseIterable {
    /// A tar of the image layout itself (OCI image-spec, image-layout.md).
    case ociArchive = "oci-archive"
    /// What `docker save` writes (Docker image specification v1.2), one platform per image.
    case dockerArchive = "docker-archive"
}
