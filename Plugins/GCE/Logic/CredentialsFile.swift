internal import TabardCore
internal import TabardJSON
internal import TabardPluginKit

/// Application default credentials in a file, which Google's own libraries look for before they ask the metadata server.
struct CredentialsFile: Sendable {
    /// The setting for its place.
    static let setting = SettingDescription(
        "credentialsFile",
        "application default credentials; default GOOGLE_APPLICATION_CREDENTIALS, then where gcloud writes them, then the metadata server",
        kind: .path)

    /// Where it is.
    let path: String
    /// Whether an operator named it; else it counts only if it is there and usable.
    let isNamed: Bool
    private let read: @Sendable (String) throws(Failure) -> Secret?

    /// The first place that applies, nil when there is none. Reads nothing.
    init?(setting: String?, surroundings: Surroundings) {
        read = surroundings.file
        if let named = setting ?? surroundings.variable("GOOGLE_APPLICATION_CREDENTIALS") {
            path = named
            isNamed = true
            return
        }
        let folder = surroundings.variable("CLOUDSDK_CONFIG") ?? surroundings.variable("HOME").map { "\($0)/.config/gcloud" }
        guard let folder else { return nil }
        path = "\(folder)/application_default_credentials.json"
        isNamed = false
    }

    /// The source of tokens in it and the universe it belongs to; nil when the file is not there and nobody named it.
    func load(_ reader: CredentialsReader) throws(Failure) -> (source: any TokenSource, universe: String)? {
        let attempting = "reading application default credentials"
        guard let bytes = try read(path) else {
            guard isNamed else { return nil }
            throw Failure(
                .notFound, attempting: attempting, on: path, reason: "there is no such file",
                advice: "correct GOOGLE_APPLICATION_CREDENTIALS or credentialsFile, or unset it to ask the metadata server")
        }
        do {
            return try Self.parse(bytes, reader)
        } catch {
            var failure = error
            if failure.advice.isEmpty { failure.advice = "gcloud auth application-default login writes a new one" }
            throw failure
        }
    }

    /// Reads the content of a credentials file.
    static func parse(_ bytes: Secret, _ reader: CredentialsReader) throws(Failure) -> (source: any TokenSource, universe: String) {
        let place = JSONSource(reader.place, attempting: "reading application default credentials")
        let file = try JSONDocument(reading: bytes, from: place).root.asObject()
        let universe = try CredentialsReader.universe(file)
        var reader = reader
        reader.endpoints = GoogleEndpoint(universe: universe, trusted: reader.endpoints.trusted)
        return (try reader.source(file), universe)
    }
}
