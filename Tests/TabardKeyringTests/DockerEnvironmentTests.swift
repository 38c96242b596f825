import TabardCore
import TabardKeyring
import TabardTestSupport
import Testing

@Suite struct DockerEnvironmentTests {
    let folder = TemporaryFolder()

    func read(_ variables: [String: String]) -> DockerEnvironment { DockerEnvironment { variables[$0] } }

    @Test(arguments: [
        ("acme.azurecr.io", "acme.azurecr.io/app", true), ("https://acme.azurecr.io/", "acme.azurecr.io/app", true),
        ("acme.azurecr.io", "other.azurecr.io/app", false), ("acme.azurecr.io", "acme.azurecr.io:443/app", false),
        ("https://index.docker.io/v1/", "nginx", true), ("localhost:5000", "localhost:5000/app", true),
    ])
    func `the variables log in to exactly one registry`(_ server: String, _ image: String, _ isServed: Bool) throws {
        let environment = read(["DOCKER_USER": "me", "DOCKER_PASSWORD": "pw", "DOCKER_REGISTRY_SERVER": server])
        let entry = try #require(environment.entry)
        #expect(environment.complaint == nil)
        #expect(entry.origin.description == "environment docker-env")
        #expect([entry.username, entry.password.text] == ["me", "pw"])
        #expect(Keyring([entry]).entries(for: try ImageReference(image)).count == (isServed ? 1 : 0))
    }

    @Test func `the password may stand in a file, whose last line end is not a part of it`() throws {
        for (content, password) in [("pw", "pw"), ("pw\n", "pw"), ("pw\r\n", "pw"), (" p w \n\n", " p w \n"), ("", "")] {
            let file = folder.write("password", content)
            let environment = read(["DOCKER_USER": "me", "DOCKER_PASSWORD_FILE": file, "DOCKER_REGISTRY_SERVER": "r.io"])
            #expect(environment.entry?.password.text == password)
        }
    }

    @Test(arguments: [
        (["DOCKER_USER": "me", "DOCKER_PASSWORD": "s3cr3t"], "without DOCKER_REGISTRY_SERVER"),
        (["DOCKER_PASSWORD": "s3cr3t"], "without DOCKER_REGISTRY_SERVER"), (["DOCKER_REGISTRY_SERVER": "r.io"], "without DOCKER_USER"),
        (["DOCKER_PASSWORD": "s3cr3t", "DOCKER_REGISTRY_SERVER": "r.io"], "DOCKER_USER is not set"),
        (["DOCKER_USER": "me", "DOCKER_REGISTRY_SERVER": "r.io"], "neither DOCKER_PASSWORD nor"),
        (["DOCKER_USER": "me", "DOCKER_PASSWORD": "", "DOCKER_REGISTRY_SERVER": "r.io"], "neither DOCKER_PASSWORD nor"),
        (["DOCKER_USER": "me", "DOCKER_PASSWORD": "s3cr3t", "DOCKER_REGISTRY_SERVER": "*.azurecr.io"], "is a pattern"),
        (["DOCKER_USER": "me", "DOCKER_PASSWORD": "s3cr3t", "DOCKER_REGISTRY_SERVER": "a b"], "names no registry"),
        (["DOCKER_USER": "me", "DOCKER_PASSWORD_FILE": "/no/such/file", "DOCKER_REGISTRY_SERVER": "r.io"], "/no/such/file"),
    ])
    func `an incomplete login is ignored with one line`(_ variables: [String: String], _ says: String) throws {
        let environment = read(variables)
        #expect(environment.entry == nil)
        let line = try #require(environment.complaint).description
        #expect(line.contains(says) && line.contains("ignored"), "\(line)")
        #expect(!line.contains("s3cr3t"))
    }

    @Test func `without any of them there is nothing to say`() {
        #expect(read([:]).entry == nil)
        #expect(read([:]).complaint == nil)
        #expect(read(["DOCKER_REGISTRY_SERVER": "", "DOCKER_USER": ""]).complaint == nil)
    }

    @Test func `a password file that is not read is told`() {
        let both = [
            "DOCKER_USER": "me", "DOCKER_PASSWORD": "s3cr3t", "DOCKER_PASSWORD_FILE": "/no/such/file", "DOCKER_REGISTRY_SERVER": "r.io",
        ]
        #expect(read(both).entry?.password.text == "s3cr3t")
        #expect(read(both).notice?.contains("the file is not read") == true)
        #expect(read(["DOCKER_USER": "me", "DOCKER_PASSWORD": "s3cr3t", "DOCKER_REGISTRY_SERVER": "r.io"]).notice == nil)
    }
}
