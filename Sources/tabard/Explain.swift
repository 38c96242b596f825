import ArgumentParser
import TabardCommand
import TabardCore
import TabardHost
import TabardRegistry
import TabardSystem

/// `tabard explain`: which credentials an image would be pulled with, and why.
struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tells which credentials an image would be pulled with, in which order, and why.",
        discussion: """
            Touches no network without --probe.

            Example:
              tabard explain registry.example.com/team/app:1
            """)

    @Argument(help: "The image, as docker and Kubernetes write it.")
    var image: String

    @Flag(help: "Ask the providers too, and try each credential against the registry.")
    var probe = false

    @Flag(help: "One JSON object.")
    var json = false

    @OptionGroup(title: "Credentials") var credentials: CredentialArguments

    @Option(name: .customLong("insecure-registry"), help: "HOST[:PORT] that is spoken to over plain HTTP (repeatable).")
    var insecureRegistries: [String] = []

    @Option(name: .customLong("ca"), help: "A bundle of certificate authorities to trust instead of the system's.")
    var caFile: String?

    @Option(help: "Give up after this long; default 60s.", transform: CommonArguments.timeout)
    var timeout = Duration.seconds(60)

    @OptionGroup(title: "Common") var common: CommonArguments

    func run() throws {
        let reference = try ImageReference(image)
        let host = try HostSetup(
            program: "tabard", options: common.options, caFile: caFile, insecureHosts: Set(insecureRegistries),
            statics: credentials.statics(log: .silent), isOneShot: true, log: common.log)
        let clocks = SystemClocks()
        let deadline = clocks.monotonicNanoseconds.addingSaturated(timeout)
        let resolution = probe ? host.resolver.resolve(ProviderRequest(image: reference), until: deadline) : nil
        let explanation = host.resolver.explain(reference, resolution: resolution)
        let given = credentials.entry(for: reference, password: try credentials.readPassword(for: [reference]))
        var story = ExplainedImage(given: image, explanation: explanation, commandLine: given)
        if probe {
            let probe = RegistryProbe(
                http: host.http, insecureRegistries: Set(insecureRegistries), clocks: clocks, log: common.log)
            story.probe { (entry) throws(Failure) in try probe.digest(of: reference, as: entry, until: deadline) }
        }
        Exit.text(json ? story.json : story.text)
    }
}
