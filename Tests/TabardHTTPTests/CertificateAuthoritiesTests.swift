import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardHTTP

@Suite struct CertificateAuthoritiesTests {
    let folder = TemporaryFolder()
    let none = HTTPConfiguration { _ in nil }

    func find(_ configuration: HTTPConfiguration) throws -> CertificateAuthorities {
        try CertificateAuthorities.find(
            configuration, systemFolders: [folder.path("empty"), folder.path("certs")], systemBundles: [folder.path("bundle.pem")])
    }

    func makeLinks(_ count: Int) {
        for number in 0..<count { folder.write("certs/\(String(0x1000_0000 + number, radix: 16)).0", "-----BEGIN CERTIFICATE-----") }
    }

    @Test func `a folder of hash links is the store`() throws {
        folder.write("bundle.pem", "-----BEGIN CERTIFICATE-----")
        makeLinks(40)
        let found = try find(none)
        #expect(found.file == nil)
        #expect(found.folders == folder.path("certs"))
    }

    @Test func `a folder with a few links only adds to the bundle`() throws {
        let bundle = folder.write("bundle.pem", "-----BEGIN CERTIFICATE-----")
        makeLinks(2)
        let found = try find(none)
        #expect(found.file == bundle)
        #expect(found.folders == folder.path("certs"))
    }

    @Test func `without hash links it is the bundle`() throws {
        let bundle = folder.write("bundle.pem", "-----BEGIN CERTIFICATE-----")
        for name in ["a.crt", "12345678.x", "1234567.0", "1234567G.0", "12345678.0.pem"] { folder.write("certs/\(name)", "x") }
        let found = try find(none)
        #expect(found.file == bundle)
        #expect(found.folders == nil)
    }

    @Test(arguments: [("bundle.pem", "bundle.pem"), ("certs/10000000.0", nil), ("other", "carried.pem")])
    func `what the installation carries is for systems that have nothing`(present: String, file: String?) throws {
        folder.write(present, "-----BEGIN CERTIFICATE-----")
        let carried = folder.write("carried.pem", "-----BEGIN CERTIFICATE-----")
        let found = try CertificateAuthorities.find(
            none, systemFolders: [folder.path("certs")], systemBundles: [folder.path("bundle.pem")], carried: { carried })
        #expect(found.file == file.map { folder.path($0) })
    }

    @Test func `without anything it says so`() throws {
        let failure = #expect(throws: Failure.self) { try find(none) }
        #expect(failure?.advice.contains("ca-certificates") == true)
    }

    @Test(arguments: [
        (["AWS_CA_BUNDLE": "own.pem"], "own.pem"), (["AWS_CA_BUNDLE": "own.pem", "SSL_CERT_FILE": "other.pem"], "other.pem"),
        (["AWS_CA_BUNDLE": "own.pem", "SSL_CERT_DIR": "certs"], nil as String?),
    ])
    func `AWS's own variable counts where nobody set the common ones`(variables: [String: String], file: String?) throws {
        makeLinks(40)
        for name in ["own.pem", "other.pem"] { folder.write(name, "-----BEGIN CERTIFICATE-----") }
        let found = try find(HTTPConfiguration { name in variables[name].map { folder.path($0) } })
        #expect(found.file == file.map { folder.path($0) })
    }

    @Test func `what the operator names replaces the store`() throws {
        makeLinks(40)
        let own = folder.write("own.pem", "-----BEGIN CERTIFICATE-----")
        let other = folder.write("other.pem", "-----BEGIN CERTIFICATE-----")
        let variables = ["SSL_CERT_FILE": other, "SSL_CERT_DIR": folder.path("certs")]
        let byEnvironment = try find(HTTPConfiguration { variables[$0] })
        #expect(byEnvironment.file == other)
        #expect(byEnvironment.folders == folder.path("certs"))
        let byOption = try find(HTTPConfiguration(caFile: own) { variables[$0] })
        #expect(byOption.file == own)
        #expect(byOption.folders == nil)
    }

    @Test func `a folder without hash links is read whole`() throws {
        folder.write("plain/a.pem", "-----BEGIN CERTIFICATE-----a")
        folder.write("plain/b.txt", "b")
        let own = folder.write("own.pem", "-----BEGIN CERTIFICATE-----o")
        let variables = ["SSL_CERT_FILE": own, "SSL_CERT_DIR": folder.path("plain")]
        let found = try find(HTTPConfiguration { variables[$0] })
        #expect(found.file == nil)
        #expect(found.bytes.map { String(decoding: $0, as: UTF8.self) } == "-----BEGIN CERTIFICATE-----o\n-----BEGIN CERTIFICATE-----a\n")
    }
}
