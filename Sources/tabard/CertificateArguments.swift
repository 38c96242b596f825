import ArgumentParser
import Glibc
import TabardCore
import TabardSystem

/// Whose certificates `pull` and `explain` trust, and what they show.
struct CertificateArguments: ParsableArguments {
    @Option(name: .customLong("ca"), help: "A bundle of certificate authorities to trust instead of the system's.")
    var caFile: String?

    @Option(
        help: """
            A folder with a folder HOST[:PORT] for each server that has certificates of its own: authorities in *.crt, a client's in NAME.cert \
            and NAME.key. Default: ~/.config/containers/certs.d, /etc/containers/certs.d and /etc/docker/certs.d.
            """)
    var certDir: String?

    func validate() throws {
        if let caFile, access(caFile, R_OK) != 0 {
            throw ValidationError("--ca \(caFile) cannot be read: \(String(cString: strerror(errno))).")
        }
        guard let certDir else { return }
        guard let names = try? FileSystem.names(in: certDir) else { throw ValidationError("--cert-dir \(certDir) is no readable folder.") }
        // As skopeo takes them; but a certificate shown to every server would be shown to mirrors and token servers, too.
        if let name = names.first(where: { name in [".crt", ".cert", ".key"].contains { name.hasSuffix($0) } }) {
            throw ValidationError("--cert-dir \(certDir) holds \(name) itself: move it to \(certDir)/HOST[:PORT]/, whose server it is for.")
        }
    }

    /// Where certificates of single servers may be, in order.
    var folders: [String] {
        if let certDir { return [certDir] }
        let home = Environment.nonEmptyValue("HOME").map { ["\($0)/.config/containers/certs.d"] } ?? []
        return home + ["/etc/containers/certs.d", "/etc/docker/certs.d"]
    }
}
