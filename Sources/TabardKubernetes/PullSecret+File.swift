public import TabardCore
public import TabardKeyring

extension PullSecret {
    private static let attempting = "reading pull secrets"

    /// Reads the secrets in a file that the operator named: YAML or JSON, one Secret or many, or a List.
    ///
    /// - Throws: Why the file cannot be read, or why the first secret in it cannot be used when none can.
    public static func load(_ path: String) throws(Failure) -> Reading {
        try usable(in: KubernetesObject.load(path, attempting: attempting), file: path)
    }

    /// Reads the secrets in the bytes of a file.
    ///
    /// - Throws: As `load` does.
    public static func parse(_ bytes: Secret, file: String) throws(Failure) -> Reading {
        try usable(in: KubernetesObject.parse(bytes, file: file, attempting: attempting), file: file)
    }

    /// What is of another kind is somebody else's.
    private static func usable(in objects: [KubernetesObject], file: String) throws(Failure) -> Reading {
        var reading = Reading(file: file)
        for object in objects where object.kind == "Secret" { reading.take(object.node) }
        guard reading.secrets.isEmpty else { return reading }
        let others = objects.prefix(3).map(\.title).joined(separator: ", ")
        throw reading.problems.first
            ?? Failure(
                .invalid, attempting: attempting, on: file,
                reason: objects.isEmpty
                    ? "there is nothing in it" : "there is no Secret in it, only \(others)\(objects.count > 3 ? " …" : "")",
                advice: "give a file from: kubectl get secret NAME -o yaml")
    }
}
