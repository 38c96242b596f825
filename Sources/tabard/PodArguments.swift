import ArgumentParser
import TabardCommand
import TabardCore
import TabardKubernetes

/// Pods whose images are wanted.
struct PodArguments: ParsableArguments {
    @Option(
        name: [.customLong("pod"), .customShort("f"), .customLong("filename")],
        help: ArgumentHelp(
            """
            A file with Pods, or with Deployments, StatefulSets, DaemonSets, ReplicaSets, Jobs or CronJobs, as YAML or JSON; - is standard \
            input (repeatable). Each of their images is pulled by its own policy, with the pull secrets that its Pod may use.
            """, valueName: "file"))
    var files: [String] = []

    @Option(name: [.customShort("n"), .long], help: "The namespace of objects in these files that name none; default: default.")
    var namespace: String?

    private static let attempting = "reading Kubernetes objects"
    private static let maximumInput = 4 << 20

    func validate() throws {
        guard files.count(where: { $0 == "-" }) <= 1 else { throw ValidationError("Standard input can be read once: write -f - once.") }
        guard namespace == nil || !files.isEmpty else { throw ValidationError("--namespace is for the Pods in -f FILE.") }
    }

    /// What the files hold.
    func objects() throws(Failure) -> [KubernetesObject] {
        var objects: [KubernetesObject] = []
        for file in files {
            do throws(Failure) {
                objects += try Self.objects(in: file)
            } catch {
                throw error.aboutNamedFile
            }
        }
        return objects
    }

    private static func objects(in file: String) throws(Failure) -> [KubernetesObject] {
        guard file == "-" else { return try KubernetesObject.load(file, attempting: attempting) }
        let text = try StandardInput.read(limit: maximumInput, until: .max, as: "the Kubernetes objects")
        return try KubernetesObject.parse(text, file: "standard input", attempting: attempting)
    }
}
