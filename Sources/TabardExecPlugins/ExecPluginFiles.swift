public import TabardCore
public import TabardExec
import TabardJSON
import TabardKeyring
import TabardSystem
import TabardYAML

/// Reads the file or folder that a kubelet is given as `--image-credential-provider-config`.
public enum ExecPluginFiles {
    private static let attempting = "reading the CredentialProviderConfig"
    private static let mostFiles = 1000

    /// Reads one file, or of a folder every `.json`, `.yaml` and `.yml` in the order of their names' bytes, YAML or JSON.
    ///
    /// Throws `.invalid` with every mistake of the first file that has some, and for a name that two files give.
    public static func read(_ path: String) throws(Failure) -> CredentialProviderConfig {
        var whole: CredentialProviderConfig?
        for file in try files(at: path) {
            let config = try CredentialProviderConfig(reading: try document(in: file))
            guard let first = whole else {
                whole = config
                continue
            }
            for plugin in config.plugins where first.plugins.contains(where: { $0.name == plugin.name }) {
                throw wrong(plugin.place, "duplicate provider name \"\(plugin.name)\" found in configuration file(s)", "rename one")
            }
            whole?.plugins += config.plugins
            whole?.warnings += config.warnings
        }
        guard let whole else {
            throw wrong(path, "no configuration files found in directory", "put a .yaml or .json file there, or name a file")
        }
        return whole
    }

    private static func files(at path: String) throws(Failure) -> [String] {
        var files: [String] = []
        do throws(SystemError) {
            guard try FileStatus(of: path).kind == .directory else { return [path] }
            let names = try FileSystem.names(in: path).filter { name in
                [".json", ".yaml", ".yml"].contains { name.hasSuffix($0) }
            }
            for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
                let file = "\(path)/\(name)"
                if try FileStatus(of: file).kind != .directory { files.append(file) }
            }
        } catch {
            throw wrong(path, error.description, "check execProviders in config.json")
        }
        guard files.count <= mostFiles else {
            throw wrong(path, "it has more than \(mostFiles) configuration files", "check execProviders in config.json")
        }
        return files
    }

    private static func document(in file: String) throws(Failure) -> JSONDocument {
        let text: Secret
        do {
            text = try SecretFile.read(file)
        } catch {
            throw SecretFile.failure(error, attempting: attempting, on: file)
        }
        let documents = try YAMLStream.documentsOrJSON(in: text, from: JSONSource(file, attempting: attempting))
        // The kubelet reads the first document and passes over the rest without a word.
        guard let document = documents.first else {
            throw wrong(file, "Object 'Kind' is missing: the file has nothing in it", "write kind: CredentialProviderConfig")
        }
        guard documents.count == 1 else {
            throw wrong(file, "it has \(documents.count) documents, of which a kubelet reads the first alone", "split the file")
        }
        return document
    }

    private static func wrong(_ place: String, _ reason: String, _ advice: String) -> Failure {
        Failure(.invalid, attempting: attempting, on: place, reason: reason, advice: advice)
    }
}
