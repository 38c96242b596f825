public import TabardCore
import TabardJSON
import TabardSystem

/// config.json as a process reads it when it starts: once, at the first question, however many it has.
///
/// For one thread; what is read is not read again, so a process that lives on makes a new one for each look.
public final class ConfigurationFile {
    /// The file that was named, by `--config` or `TABARD_CONFIG`, or else the usual one.
    public let path: String
    /// Whether somebody has named it: else it need not be there.
    public let isNamed: Bool
    /// nil when there is none and none has to be there.
    private lazy var document: Result<JSONDocument?, Failure> = read()

    /// Names the file that `--config` named (`option`), else `TABARD_CONFIG`, else `/etc/tabard/config.json`.
    public init(option: String?) {
        if let named = option ?? Environment.nonEmptyValue("TABARD_CONFIG") {
            (path, isNamed) = (named, true)
        } else {
            (path, isNamed) = ("/etc/tabard/config.json", false)
        }
    }

    /// What it configures; nothing, when it is not there and nobody has named it.
    ///
    /// - Throws: What is wrong with it, with its place.
    public func configuration() throws(Failure) -> TabardConfiguration {
        try document.get().map { (document) throws(Failure) in try TabardConfiguration.parse(document, file: path) } ?? .empty
    }

    /// `agentSocket`, although the other members may be wrong: the agent goes on with what they were before. Nil when it has none or cannot
    /// be read, which `configuration` tells.
    public var agentSocket: String? {
        guard let root = (try? document.get())?.root, root.kind == .object else { return nil }
        return try? TabardConfiguration.path(root, "agentSocket")
    }

    private func read() -> Result<JSONDocument?, Failure> {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try FileSystem.contents(of: path, limit: TabardConfiguration.largestFile)
        } catch {
            // In a folder that this user may not look into there may be one, but none for him.
            if !isNamed, error.isNotFound || (try? FileStatus(of: path)) == nil { return .success(nil) }
            return .failure(TabardConfiguration.unreadable(path, error))
        }
        do throws(Failure) {
            return .success(try JSONDocument(reading: bytes, from: TabardConfiguration.source(path)))
        } catch {
            return .failure(error)
        }
    }
}
