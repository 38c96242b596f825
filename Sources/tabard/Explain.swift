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

    @Option(name: .customLong("insecure-registry"), help: "HOST[:PORT] that is spoken to over plain HTTP (repeatable).")
    var insecureRegistries: [String] = []

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
        guard probe else {
            let story = ExplainedImage(explanation: host.resolver.explain(reference, given: given), answers: [])
            Exit.text(json ? story.json : story.text)
        }
        // One source that never answers leaves time for the others.
        let candidates = host.resolver.candidates(
            for: ProviderRequest(image: reference), given: given, until: deadline, patience: timeout / 2)
        let insecure = host.configuration.insecureRegistries.union(insecureRegistries)
        let registry = RegistryProbe(http: host.http, insecureRegistries: insecure, clocks: clocks, log: common.log)
        var answers: [ExplainedImage.Answer] = []
        func ask(as entry: AuthEntry?) {
            do throws(Failure) {
                answers.append(.accepted(try registry.digest(of: reference, as: entry, until: deadline)))
            } catch {
                answers.append(.refused(error))
            }
        }
        // As a pull does it, except that a pull ends with the first that is accepted.
        while true {
            do throws(Failure) {
                guard let entry = try candidates.next() else { break }
                ask(as: entry)
            } catch {
                // The resolution has it.
            }
        }
        if answers.isEmpty, candidates.resolution.failure == nil { ask(as: nil) }
        let story = ExplainedImage(
            explanation: host.resolver.explain(reference, given: given, resolution: candidates.resolution), answers: answers)
        Exit.text(json ? story.json : story.text)
    }
}
