import ArgumentParser

/// What manifests may be converted to.
enum ManifestConversion: String, ExpressibleByArgument, CaseIterable {
    /// Docker's to OCI's.
    case oci
}
