import TabardConfig

/// A plugin's file that was found, and what its manifest says.
struct InstalledPlugin: Sendable {
    /// The `.so`.
    let path: String
    /// Nil without a usable one.
    let manifest: PluginManifest?
}
