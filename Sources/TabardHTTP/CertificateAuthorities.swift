import CTabardClosure
package import TabardCore
import TabardSystem

/// Whom to trust about the names of servers, in the form in which libssl and libcurl take it.
///
/// A folder of hash links is read one certificate at a time, while a distribution's bundle costs every process 44 ms: the folder wins where
/// it really is one. What the operator names replaces the distribution's store altogether.
package struct CertificateAuthorities: Sendable {
    /// A PEM file.
    var file: String?
    /// Hashed folders, separated by colons.
    var folders: String?
    /// PEM in memory, in place of `file`.
    var bytes: [UInt8]?
    /// For messages: what is trusted.
    package var description = ""

    /// Whether each start of a program has to read the whole store.
    package var isBundle: Bool { file != nil || bytes != nil }

    /// Folders that distributions fill with hash links.
    package static let systemFolders = ["/etc/ssl/certs", "/etc/pki/tls/certs"]
    /// Bundles: Debian, Alpine; Red Hat, Amazon; SUSE; others.
    package static let systemBundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/cacert.pem", "/etc/ssl/cert.pem",
    ]
    /// A distribution has far more; a folder with fewer links holds an administrator's additions only.
    private static let leastLinksOfStore = 32
    private static let maximumFile = 4 << 20
    private static let maximumFiles = 2048

    /// Finds the store: `caFile`, else SSL_CERT_FILE and SSL_CERT_DIR, else the distribution's, else what the installation carries.
    package static func find(
        _ configuration: HTTPConfiguration, systemFolders: [String] = systemFolders, systemBundles: [String] = systemBundles,
        carried: (() -> String?)? = nil
    ) throws(Failure) -> CertificateAuthorities {
        if let file = configuration.caFile { return try named(file, folders: nil) }
        if configuration.certificateFile != nil || configuration.certificateFolders != nil {
            return try named(configuration.certificateFile, folders: configuration.certificateFolders)
        }
        let linked = systemFolders.map { ($0, links(in: $0)) }
        if let (folder, _) = linked.first(where: { $0.1 >= leastLinksOfStore }) {
            return CertificateAuthorities(folders: folder, description: folder)
        }
        let additions = linked.first { $0.1 > 0 }?.0
        var bundle = systemBundles.first { (try? FileStatus(of: $0))?.kind == .regular }
        if bundle == nil && additions == nil { bundle = (carried ?? carriedBundle)() }
        guard bundle != nil || additions != nil else {
            throw Failure(
                .local, attempting: "looking for certificate authorities",
                reason: "none of the places where distributions keep them has any",
                advice: "install the package ca-certificates, or name a PEM file in SSL_CERT_FILE")
        }
        return CertificateAuthorities(
            file: bundle, folders: additions, description: [bundle, additions].compactMap { $0 }.joined(separator: " and "))
    }

    /// The bundle in the closure of this installation (`make tarball`), which grows old: for systems without any store.
    private static func carriedBundle() -> String? {
        var path = [CChar](repeating: 0, count: 4096)
        guard tabard_closure_find("ca-certificates.crt", &path, path.count) == 0 else { return nil }
        return String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// What the operator named. Folders without hash links are read whole, as Go programs do.
    private static func named(_ file: String?, folders: String?) throws(Failure) -> CertificateAuthorities {
        var hashed: [String] = []
        var pem: [UInt8] = []
        let folders = (folders ?? "").split(separator: ":").map(String.init)
        for folder in folders {
            if links(in: folder) > 0 { hashed.append(folder) } else { pem += try certificates(in: folder) }
        }
        if let file {
            let content = try contents(of: file)
            if !pem.isEmpty { pem = content + [0x0A] + pem }
        }
        return CertificateAuthorities(
            file: pem.isEmpty ? file : nil, folders: hashed.isEmpty ? nil : hashed.joined(separator: ":"), bytes: pem.isEmpty ? nil : pem,
            description: ([file].compactMap { $0 } + folders).joined(separator: " and "))
    }

    private static func contents(of file: String) throws(Failure) -> [UInt8] {
        let advice = "name a PEM file with the certificates of the authorities to trust"
        do {
            let bytes = try FileSystem.contents(of: file, limit: maximumFile)
            if isPEM(bytes) { return bytes }
        } catch {
            throw Failure(.invalid, attempting: "reading certificate authorities", on: file, reason: error.meaning, advice: advice)
        }
        throw Failure(
            .invalid, attempting: "reading certificate authorities", on: file, reason: "the file holds no certificate in PEM form",
            advice: advice)
    }

    private static func certificates(in folder: String) throws(Failure) -> [UInt8] {
        var pem: [UInt8] = []
        do {
            for name in try FileSystem.names(in: folder).sorted().prefix(maximumFiles) {
                let path = "\(folder)/\(name)"
                guard (try? FileStatus(of: path))?.kind == .regular, pem.count < maximumFile,
                    let bytes = try? FileSystem.contents(of: path, limit: maximumFile), isPEM(bytes)
                else { continue }
                pem += bytes + [0x0A]
            }
        } catch {
            throw Failure(
                .invalid, attempting: "reading certificate authorities", on: folder, reason: error.meaning,
                advice: "name a readable folder in SSL_CERT_DIR")
        }
        if pem.isEmpty {
            throw Failure(
                .invalid, attempting: "reading certificate authorities", on: folder,
                reason: "the folder has no hash links and no certificate in PEM form",
                advice: "put certificates there, or correct SSL_CERT_DIR")
        }
        return pem
    }

    private static func isPEM(_ bytes: [UInt8]) -> Bool {
        let marker = Array("-----BEGIN ".utf8)
        return bytes.indices.contains { bytes[$0] == marker[0] && bytes[$0...].starts(with: marker) }
    }

    /// The number of names like `1a2b3c4d.0` (the hash of a subject and a count), if the first of them leads to a file.
    private static func links(in folder: String) -> Int {
        let names = ((try? FileSystem.names(in: folder)) ?? []).filter(isHashLink)
        guard let first = names.first, (try? FileStatus(of: "\(folder)/\(first)"))?.kind == .regular else { return 0 }
        return names.count
    }

    private static func isHashLink(_ name: String) -> Bool {
        let bytes = name.utf8
        let digits = bytes.dropFirst(9)
        return bytes.count >= 10 && bytes.prefix(8).allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x66) }
            && bytes.dropFirst(8).first == UInt8(ascii: ".") && digits.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }
}
