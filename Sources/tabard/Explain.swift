import ArgumentParser
import TabardCommand
import TabardConfig
import TabardCore
import TabardExecPlugins
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

    @Option(
        name: .customLong("insecure-registry"), help: "HOST[:PORT] that is spoken to over plain HTTP (repeatable).",
        transform: Pull.registry)
    var insecureRegistries: [String] = []

    @Option(
        name: .customLong("mirror"), help: "REGISTRY=HOST[:PORT][/PATH], or REGISTRY= for none, as pull has it (repeatable).",
        transform: PullMirrors.parse)
    var mirrors: [PullMirrors.Named] = []

    @OptionGroup(title: "Certificates") var certificates: CertificateArguments

    @Option(help: "Give up after this long; default 60s.", transform: CommonArguments.timeout)
    var timeout = Duration.seconds(60)

    @OptionGroup(title: "Common") var common: CommonArguments

    func run() throws {
        let reference = try ImageReference(image)
        let host = try HostSetup(
            program: "tabard", options: common.options, caFile: certificates.caFile, serverCertificates: certificates.folders,
            insecureHosts: Set(insecureRegistries),
            statics: credentials.statics(log: .silent), isOneShot: true, others: ExecPluginCatalog.providers, log: common.log)
        let clocks = SystemClocks()
        let deadline = clocks.monotonicNanoseconds.addingSaturated(timeout)
        let given = credentials.given(for: reference, password: try credentials.readPassword(for: [reference], until: deadline))
        let probe = probe ? ExplainProbe(host, insecureRegistries: insecureRegistries, until: deadline, patience: timeout / 2) : nil
        func story(of image: ImageReference, _ given: StaticCredentials?) -> ExplainedImage {
            let asked = probe?.ask(about: image, given: given)
            return ExplainedImage(
                explanation: host.resolver.explain(image, given: given, resolution: asked?.resolution), answers: asked?.answers ?? [])
        }
        var explained = story(of: reference, given)
        for place in try PullMirrors(configured: host.configuration.mirrors, named: mirrors).places(of: reference) {
            // The login of the command line is for the registry alone.
            explained.mirrors.append(
                ExplainedImage.Mirror(image: place.image, story: place.isAnonymous ? nil : story(of: place.image, nil)))
        }
        Exit.text(json ? explained.json : explained.text)
    }
}
