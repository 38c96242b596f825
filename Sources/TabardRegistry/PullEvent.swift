public import TabardCore

/// What happens during a pull, for whoever shows it. Several threads may tell events at the same time.
public enum PullEvent: Sendable {
    /// The registry refused a credential and the next one is tried.
    case refused(Failure)
    /// Every credential was refused, and the registry is asked as nobody.
    case anonymousFallback
    /// The manifest is here and these layers (and configurations) are wanted.
    case resolved(ContentDigest, content: [Descriptor])
    /// A layer is in the layout already.
    case present(ContentDigest)
    /// So many bytes of a layer are here from an earlier run.
    case resumed(ContentDigest, bytes: Int64)
    /// Bytes of a layer have arrived.
    case progress(ContentDigest, bytes: Int)
    /// A layer is whole, checked and in place.
    case finished(ContentDigest)
}
