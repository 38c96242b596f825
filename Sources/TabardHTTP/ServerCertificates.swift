import TabardCore
import TabardSystem

/// What an operator keeps for one server in a folder `HOST[:PORT]`, as docker, podman and skopeo read it: authorities that vouch for the
/// server beside the others (`*.crt`), and the certificate and key that are shown to it (`NAME.cert` and `NAME.key`; the first by name).
struct ServerCertificates: Sendable {
    /// Where they are.
    let folder: String
    /// PEM; empty for none.
    private(set) var authorities: [UInt8] = []
    private(set) var client: (certificate: String, key: String)?

    private static let maximumFile = 1 << 20
    private static let maximumFiles = 64

    /// Reads the first folder that is there for the server.
    static func find(for url: WebURL, in directories: [String]) throws(Failure) -> ServerCertificates? {
        let host = url.host == "registry-1.docker.io" ? "docker.io" : url.host
        let plain = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        let names = url.port == 443 ? ["\(plain):443", plain] : ["\(plain):\(url.port)"]
        for directory in directories {
            for name in names {
                let folder = "\(directory)/\(name)"
                if (try? FileStatus(of: folder))?.kind == .directory { return try ServerCertificates(folder) }
            }
        }
        return nil
    }

    private init(_ folder: String) throws(Failure) {
        self.folder = folder
        func complaint(_ reason: String, _ advice: String) -> Failure {
            Failure(.invalid, attempting: "reading the certificates of a server", on: folder, reason: reason, advice: advice)
        }
        let names: [String]
        do throws(SystemError) {
            names = try FileSystem.names(in: folder).sorted()
            for name in names.prefix(Self.maximumFiles) where name.hasSuffix(".crt") {
                authorities += try FileSystem.contents(of: "\(folder)/\(name)", limit: Self.maximumFile) + [0x0A]
            }
        } catch {
            throw complaint(error.meaning, "make it readable, or remove it")
        }
        guard names.count <= Self.maximumFiles else {
            throw complaint("it has more than \(Self.maximumFiles) files", "keep what is for this server only")
        }
        for name in names where name.hasSuffix(".cert") || name.hasSuffix(".key") {
            let isCertificate = name.hasSuffix(".cert")
            let stem = name.dropLast(isCertificate ? 5 : 4)
            let other = isCertificate ? "\(stem).key" : "\(stem).cert"
            guard names.contains(other) else {
                throw complaint(
                    "\(name) is without \(other)",
                    isCertificate
                        ? "an authority's certificate ends in .crt; a client's .cert needs its .key" : "put its certificate beside it")
            }
            if isCertificate, client == nil { client = ("\(folder)/\(name)", "\(folder)/\(other)") }
        }
    }
}
