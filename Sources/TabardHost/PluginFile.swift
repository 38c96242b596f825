import CTabard
public import TabardConfig
public import TabardCore
import TabardSystem

/// One `.so` that was found: what its manifest says, and what became of it. Loaded once, when it is first needed.
public final class PluginFile: Sendable {
    /// What became of the file so far.
    public enum State: Sendable {
        /// Nobody has needed it.
        case notLoaded
        /// It is in this process.
        case loaded
        /// It may not or cannot be used.
        case refused(Failure)
    }

    private enum Stage {
        case waiting, loading
        case loaded(PluginHandle)
        case refused(Failure)
    }

    /// The file, as the folder names it.
    public let path: String
    /// What its manifest says; nil without a usable one.
    public let manifest: PluginManifest?
    private let stage = Monitor(Stage.waiting)
    private let loader: PluginLoader

    init(path: String, manifest: PluginManifest?, loader: PluginLoader) {
        self.path = path
        self.manifest = manifest
        self.loader = loader
    }

    /// What became of it so far.
    public var state: State {
        stage.read { stage in
            switch stage {
            case .waiting, .loading: .notLoaded
            case .loaded: .loaded
            case .refused(let failure): .refused(failure)
            }
        }
    }

    /// What it says about itself: the loaded plugin's own word, else the manifest's.
    public var description: PluginManifest? {
        stage.read { stage in
            if case .loaded(let handle) = stage { return handle.description }
            return nil
        } ?? manifest
    }

    /// Whether it has a provider of this id.
    func has(_ id: String) -> Bool { description?.providers.contains { $0.id == id } == true }

    /// Loads the plugin, unless that is done, and gives what it says about itself.
    public func load() throws(Failure) -> PluginManifest { try handle().description }

    /// The plugin, loaded on the first call; who comes meanwhile waits. A refusal is final.
    func handle() throws(Failure) -> PluginHandle {
        // What others made of it, or `.loading` where that is for this caller to do.
        let known = stage.wait(until: nil) { stage -> Stage? in
            switch stage {
            case .waiting:
                stage = .loading
                return .loading
            case .loading: return nil
            case .loaded, .refused: return stage
            }
        }
        switch known {
        case .loaded(let handle): return handle
        case .refused(let failure): throw failure
        default: break
        }
        do throws(Failure) {
            let handle = try loader.load(path)
            if let difference = manifest?.difference(from: handle.description) {
                loader.services.log(
                    .error, "The manifest of \(path) is stale (\(difference)); write it again with `tabard manifest`")
            }
            stage.update { $0 = .loaded(handle) }
            return handle
        } catch {
            loader.services.log(.error, "\(error)")
            stage.update { $0 = .refused(error) }
            throw error
        }
    }
}
