public import TabardConfig
public import TabardCore

/// Writes down what a plugin says about itself.
public enum ManifestWriter {
    /// Loads the plugin at `path` and returns its manifest.
    public static func manifest(ofPlugin path: String, services: HostServices, trust: PluginTrust) throws(Failure) -> PluginManifest {
        try PluginLoader(trust: trust, services: services).load(path).description
    }
}
