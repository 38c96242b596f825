import TabardCore

/// Where one answer lies: everything that has to be equal for it to be reused.
struct SlotPlace: Hashable, Sendable {
    let provider: String
    let identity: [UInt8]?
    let scope: CacheScope
    /// The image, the registry, or nothing.
    let name: String
}
