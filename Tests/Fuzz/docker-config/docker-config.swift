import TabardCore
import TabardKeyring

/// Docker configs and the answers of credential helpers; the keyring made of what was read finds what each entry's own pattern says.
func fuzz(_ input: UnsafeRawBufferPointer) {
    let bytes = Secret(copying: input)
    var entries: [AuthEntry] = []
    for format in [DockerConfig.Format.config, .legacy] {
        entries += (try? DockerConfig.parse(bytes, file: "f", format: format))?.entries ?? []
    }
    let keyring = Keyring(entries)
    for name in ["docker.io/library/nginx", "r.io/team/app", "a.r.io:5000/team", "[::1]:5000/app", "10.0.0.1/x"] {
        guard let image = try? ImageReference(name) else { return require(false, "these are names of images") }
        let found = keyring.entries(for: image)
        for entry in entries {
            guard let pattern = try? ImagePattern(ImagePattern.normalisedKey(of: entry.pattern)), pattern.matches(image) else { continue }
            let isFound = found.contains {
                $0.kind == entry.kind && $0.username == entry.username && $0.password.hasSameBytes(as: entry.password)
            }
            require(isFound, "the keyring overlooks an entry whose pattern matches")
        }
    }
    _ = try? DockerHelperProtocol.answer(in: bytes, status: 0, helper: "h", pattern: "r.io", origin: Origin(.credentialHelper, "h"))
    _ = try? DockerHelperProtocol.stored(in: bytes, origin: Origin(.credentialHelper, "h"))
    if let server = try? DockerHelperProtocol.server(in: bytes) {
        _ = try? DockerHelperProtocol.image(of: server)
        require((try? DockerHelperProtocol.question(server)) != nil, "a server that was read cannot be asked for")
    }
}
