/// How much a document may be before reading stops: what arrives over a wire or from a file somebody else wrote has no natural end.
public struct JSONLimits: Sendable, Hashable {
    /// The most bytes. Never more than `UInt32.max - 1` is read, whatever stands here.
    public var bytes: Int
    /// The most containers inside each other; a scalar alone has depth 0.
    public var depth: Int
    /// The most values and member names together, over the whole document.
    public var values: Int

    /// Makes limits.
    public init(bytes: Int, depth: Int, values: Int) {
        self.bytes = bytes
        self.depth = depth
        self.values = values
    }

    /// 4 MiB (what registries accept as a manifest), 100 deep, 200,000 values and names.
    public static let standard = JSONLimits(bytes: 4 << 20, depth: 100, values: 200_000)
}
