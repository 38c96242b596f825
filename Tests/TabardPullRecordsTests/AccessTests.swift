import TabardCore
import TabardJSON
import TabardTestSupport
import Testing

@testable import TabardPullRecords

/// Who gets an image that is here without asking its registry.
@Suite struct AccessTests {
    /// The fixtures have hashes where a requester has passwords: an entry for each, and the hash that it has.
    private struct Logins {
        private var known: [String: (entry: AuthEntry, hash: String)] = [:]

        mutating func hash(_ name: String) throws -> String {
            guard !name.isEmpty else { return "" }
            if let login = known[name] { return login.hash }
            let entry = AuthEntry(pattern: "r", username: "u", password: Secret(name), origin: Origin(.pullSecret, "test"))
            known[name] = (entry, try entry.credentialHash())
            return try entry.credentialHash()
        }

        func entry(_ node: JSONNode) throws -> AuthEntry {
            var entry = AuthEntry(
                pattern: "r", username: "u", password: Secret(try node.requireString("hash")), origin: Origin(.pullSecret, "test"))
            let coordinates = try RecordsFixture.coordinates(node)
            entry.owner = coordinates.name.isEmpty ? .caller : .secret(coordinates)
            return entry
        }

        mutating func secrets(_ node: JSONNode, _ key: String) throws -> [RecordedCredentials.RecordedSecret] {
            var secrets: [RecordedCredentials.RecordedSecret] = []
            for secret in try node.optionalArray(key) ?? [] {
                secrets.append(
                    .init(coordinates: try RecordsFixture.coordinates(secret), hash: try hash(try secret.requireString("hash"))))
            }
            return secrets
        }
    }

    @Test(arguments: try Fixtures.json("pull-records/access.json").elements)
    func `access is granted or has to be proven as the fixture says`(_ example: JSONNode) throws {
        let fixture = try RecordsFixture()
        var logins = Logins()
        for member in try example.requireObject("pulled_records").members {
            var record = ImagePulledRecord(imageRef: member.key, lastUpdated: RecordsFixture.now)
            for name in member.value.members {
                let accounts = try (name.value.optionalArray("accounts") ?? []).map(RecordsFixture.coordinates)
                record.credentials[name.key] = RecordedCredentials(
                    secrets: try logins.secrets(name.value, "secrets"), serviceAccounts: accounts,
                    isOpenToNode: name.value["nodePodsAccessible"]?.bool ?? false)
            }
            fixture.leave(record)
        }
        for image in try example.requireArray("pull_intents") { try fixture.records.intend(try image.asString()) }
        var requester = ImageRequester()
        for secret in try example.requireArray("pod_secrets") { requester.entries.append(try logins.entry(secret)) }
        if let account = try example.optionalObject("service_account") {
            requester.serviceAccount = try RecordsFixture.coordinates(account)
        }
        let policy = try #require(CredentialVerification.Policy(rawValue: try example.requireString("policy")))
        let allowlist = try ImageAllowlist(try example.optionalArray("allowlist")?.map { try $0.asString() } ?? [])
        let imageRef = try example.requireString("image_ref")
        // Without a digest there is no image here, which is not asked about.
        guard !imageRef.isEmpty else { return }
        let access = try fixture.records.access(
            of: requester, to: try ImageReference(try example.requireString("image")), imageRef: imageRef,
            under: CredentialVerification(policy: policy, allowlist: allowlist))
        #expect((access == .unproven) == (try example.requireBool("must_pull")))
    }

    @Test(arguments: try Fixtures.json("pull-records/hashes.json").elements)
    func `credentials have the kubelet's hash`(_ example: JSONNode) throws {
        let entry = AuthEntry(
            pattern: "r", username: try example.requireString("username"), password: try example.requireSecret("password"),
            origin: Origin(.pullSecret, "test"))
        #expect(try entry.credentialHash() == example.requireString("hash"))
    }

    @Test func `half of what is known is learnt, until there is enough`() throws {
        let fixture = try RecordsFixture()
        let image = try ImageReference("r.example/app:1")
        func entry(_ uid: String, _ password: String) -> AuthEntry {
            var entry = AuthEntry(pattern: "r", username: "u", password: Secret(password), origin: Origin(.pullSecret, "test"))
            entry.owner = .secret(ObjectCoordinates(uid: uid, namespace: "n", name: "s"))
            return entry
        }
        func access(_ entry: AuthEntry) throws -> PullRecords.Access {
            try fixture.records.access(of: ImageRequester(entries: [entry]), to: image, imageRef: "ref", under: CredentialVerification())
        }
        let first = entry("u", "old")
        try fixture.records.record(try RecordedCredentials(of: first), for: image.name, imageRef: "ref", now: RecordsFixture.now)
        #expect(try access(first) == .granted(learning: nil))
        for other in [entry("u", "new"), entry("u2", "new")] {
            let learnt = try RecordedCredentials(of: other)
            #expect(try access(other) == .granted(learning: learnt))
            try fixture.records.record(learnt, for: image.name, imageRef: "ref", now: RecordsFixture.now)
            #expect(try access(other) == .granted(learning: nil))
        }
        for number in 0..<RecordedCredentials.mostLearnt {
            try fixture.records.record(
                try RecordedCredentials(of: entry("many\(number)", "new")), for: image.name, imageRef: "ref", now: RecordsFixture.now)
        }
        #expect(try access(entry("one more", "new")) == .granted(learning: nil))
    }

    @Test func `a record that cannot be read opens nothing, and the next pull writes it anew`() throws {
        let fixture = try RecordsFixture()
        let image = try ImageReference("r.example/app:1")
        for text in [
            "", "{", #"{"kind":"ImagePulledRecord"}"#,
            #"{"kind":"ImagePulledRecord","apiVersion":"kubelet.config.k8s.io/v1beta1","lastUpdatedTime":"2026-01-01T00:00:00Z","imageRef":"ref","credentialMapping":{"r.example/app":{"everybody":true}}}"#,
        ] {
            fixture.folder.write("image_manager/pulled/\(PullRecords.fileName("ref"))", text)
            let failure = #expect(throws: Failure.self) {
                try fixture.records.access(of: ImageRequester(), to: image, imageRef: "ref", under: CredentialVerification())
            }
            #expect(failure?.code == .corrupted && failure?.description.contains("image_manager/pulled/sha256-") == true, "\(text)")
            try fixture.records.record(RecordedCredentials(of: nil), for: image.name, imageRef: "ref", now: RecordsFixture.now)
            #expect(
                try fixture.records.access(of: ImageRequester(), to: image, imageRef: "ref", under: CredentialVerification())
                    == .granted(learning: nil))
        }
    }
}
