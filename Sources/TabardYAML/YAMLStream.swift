public import TabardCore
public import TabardJSON

/// Reads YAML as Kubernetes does, into the nodes that JSON readers take, so that each format has one reader.
///
/// YAML 1.1 as sigs.k8s.io/yaml has it: `yes` and `off` are booleans, `010` is eight, `<<` merges, timestamps are text. Stricter than that
/// where an answer would depend on chance or nobody means it: a key that stands twice and a tag beyond YAML's own are refused.
/// Aliases count as often as they are used, so that a short text cannot become a long one.
public enum YAMLStream {
    /// Reads every document; those with nothing in them, such as before a leading `---`, are left out.
    ///
    /// Failures name the source with line and column in the stream, and so do those of the nodes. They quote keys, and never a value.
    ///
    /// - Parameters:
    ///   - limits: `bytes` is for the stream, `depth` and `values` are for each document.
    public static func documents(
        in stream: Secret, from source: JSONSource, limits: JSONLimits = .standard
    ) throws(Failure) -> [JSONDocument] {
        guard stream.count <= limits.bytes else {
            throw source.failure(
                at: JSONPosition(line: 1, column: 1), reason: "it has \(stream.count) bytes, more than the \(limits.bytes) that are read")
        }
        return try stream.withBytes { (bytes) throws(Failure) in
            var reader = try YAMLReader(bytes, source: source, limits: limits)
            var documents: [JSONDocument] = []
            while let events = try reader.nextDocument() {
                var composer = YAMLComposer(events, source: source, limits: limits)
                if let document = try composer.document() { documents.append(document) }
            }
            return documents
        }
    }

    /// Reads JSON where the text is that, else YAML.
    ///
    /// JSON first, because libyaml does not take all of it (tabs, pairs of surrogates, long names), and because JSON's mistakes are told
    /// better by its own reader.
    public static func documentsOrJSON(
        in text: Secret, from source: JSONSource, limits: JSONLimits = .standard
    ) throws(Failure) -> [JSONDocument] {
        let first = text.withBytes { bytes in bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } }
        guard first == UInt8(ascii: "{") else { return try documents(in: text, from: source, limits: limits) }
        let document: JSONDocument
        do {
            document = try JSONDocument(reading: text, from: source, limits: limits)
        } catch {
            // YAML's flow style looks like JSON at its start.
            guard let documents = try? documents(in: text, from: source, limits: limits) else { throw error }
            return documents
        }
        try document.refuseDuplicateKeys()
        return [document]
    }
}
