public import TabardCore

/// One place that an image can be had from, and who asks there.
public struct ImageSource {
    /// The image as it is named there.
    public let image: ImageReference
    /// What to try next, asked for only when it is needed, or nil at the end; the place is asked as nobody when there was none. It may
    /// throw why one could not be had, and is called again then.
    public let nextCandidate: () throws(Failure) -> AuthEntry?

    /// Makes a source.
    public init(_ image: ImageReference, nextCandidate: @escaping () throws(Failure) -> AuthEntry?) {
        self.image = image
        self.nextCandidate = nextCandidate
    }
}
