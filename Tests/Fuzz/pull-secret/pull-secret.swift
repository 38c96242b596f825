import TabardCore
import TabardJSON
import TabardKeyring
import TabardYAML

/// Reads the input as a Secret in YAML or JSON; what an entry of it says, a keyring gives for an image of its registry.
func fuzz(_ input: UnsafeRawBufferPointer) {
    let source = JSONSource("f", attempting: "reading pull secrets")
    guard let documents = try? YAMLStream.documentsOrJSON(in: Secret(copying: input), from: source) else { return }
    for document in documents {
        inspect(document.root)
        for item in document.root["items"]?.elements.prefix(20) ?? [] { inspect(item) }
    }
}

private func inspect(_ node: JSONNode) {
    guard node.kind == .object else { return }
    let secret: PullSecret
    do {
        secret = try PullSecret.read(node, file: "f")
    } catch {
        require(error.code == .invalid, "a mistake in a file is invalid")
        require(error.subject.hasPrefix("f:"), "a mistake has a place")
        return
    }
    for problem in secret.config.problems { require(problem.code == .invalid, "a bad entry is a mistake in the file") }
    let keyring = Keyring(secret.config.entries)
    for entry in secret.config.entries {
        require(entry.origin.source == .pullSecret, "an entry says that a secret gave it")
        let key = ImagePattern.normalisedKey(of: entry.pattern)
        guard let pattern = try? ImagePattern(key), let image = try? ImageReference("\(key)/app"), pattern.matches(image) else { continue }
        require(
            keyring.entries(for: image).contains { $0.username == entry.username && $0.password.hasSameBytes(as: entry.password) },
            "the keyring overlooks an entry whose pattern matches")
    }
}
