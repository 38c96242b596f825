import Glibc
import Synchronization
import TabardCore
import TabardKeyring
import TabardSystem
import TabardTestSupport
import Testing

@Suite struct CredentialHelpersTests {
    let folder = TemporaryFolder()

    /// A helper in the language that every machine has.
    func install(_ name: String, _ script: String, mode: UInt32 = 0o755) {
        folder.write("bin/docker-credential-\(name)", "#!/bin/sh\n\(script)\n", mode: mode)
    }

    func helpers(_ json: String, own: @escaping CredentialHelpers.OwnAnswer = { _, _, _ throws(Failure) in [] }) throws -> CredentialHelpers
    {
        let config = try DockerConfig.parse(Secret(json), file: "config.json", format: .config)
        return CredentialHelpers(
            config, environment: ["PATH": "\(folder.path("bin")):/usr/bin:/bin", "DOCKER_PASSWORD": "s3cr3t", "SEEN": "yes"], own: own)
    }

    func image(_ name: String) throws -> ImageReference { try ImageReference(name) }

    /// Far enough for any machine, near enough to end a broken test.
    var soon: Int64 { SystemClocks().monotonicNanoseconds + 30_000_000_000 }

    @Test(
        arguments: [
            ("r.io/app", "named", "r.io", "credHelpers.r.io"), ("r.io:5000/app", "port", "r.io:5000", "credHelpers.r.io:5000"),
            ("eu.gcr.io/p/app", "wild", "eu.gcr.io", "credHelpers.*.gcr.io"),
            ("us.gcr.io/p/app", "exact", "https://us.gcr.io", "credHelpers.https://us.gcr.io"),
            ("nginx", "hub", "https://index.docker.io/v1/", "credHelpers.https://index.docker.io/v1/"),
            ("other.io/app", "everything", "other.io", "credsStore"), ("plain.io/app", nil, "", ""),
        ] as [(String, String?, String, String)])
    func `the helper of a registry wins over that of all others`(_ name: String, _ helper: String?, _ server: String, _ place: String)
        throws
    {
        let helpers = try helpers(
            #"""
            {"credHelpers":{"r.io":"named","r.io:5000":"port","*.gcr.io":"wild","https://us.gcr.io":"exact","plain.io":"",
            "https://index.docker.io/v1/":"hub","bad host":"x"},"credsStore":"everything"}
            """#)
        let choice = helpers.choice(for: try image(name))
        #expect(choice?.helper == helper)
        if let choice { #expect([choice.server, choice.place] == [server, "config.json: \(place)"]) }
    }

    @Test func `without helpers nothing is started`() throws {
        let helpers = try helpers(#"{"auths":{}}"#)
        #expect(helpers.choice(for: try image("nginx")) == nil)
        #expect(try helpers.entries(for: try image("nginx"), until: soon).isEmpty)
    }

    @Test func `a helper gets the bare server and a clean environment, and its login is for the registry`() throws {
        install("x", #"printf '{"ServerURL":"","Username":"%s","Secret":"%s"}' "$(cat)" "$1 $TABARD_DEPTH $SEEN <$DOCKER_PASSWORD>""#)
        let entry = try #require(try helpers(#"{"credHelpers":{"r.io":"x"}}"#).entries(for: try image("r.io/team/app"), until: soon).first)
        #expect([entry.username, entry.password.text, entry.pattern] == ["r.io", "get 1 yes <>", "r.io"])
        #expect(entry.origin.description == "credential-helper docker-credential-x for r.io")
        let hub = try #require(try helpers(#"{"credsStore":"x"}"#).entries(for: try image("nginx"), until: soon).first)
        #expect([hub.username, hub.pattern] == ["https://index.docker.io/v1/", "docker.io"])
        #expect(Keyring([hub]).entries(for: try image("nginx")).count == 1)
    }

    @Test func `images of one registry start its helper once, a failure is tried again`() throws {
        let log = folder.path("calls")
        install("x", #"read server; echo "$server" >> '\#(log)'; printf '{"Username":"u","Secret":"p"}'"#)
        install("none", #"echo none >> '\#(log)'; echo 'credentials not found in native keychain'; exit 1"#)
        install("broken", #"echo broken >> '\#(log)'; exit 1"#)
        let helpers = try helpers(#"{"credHelpers":{"*.r.io":"x","n.io":"none","b.io":"broken"}}"#)
        let copy = helpers
        for name in ["a.r.io/one", "a.r.io/two", "b.r.io/one", "n.io/one", "n.io/two"] {
            #expect(try helpers.entries(for: try image(name), until: soon).count == (name.hasPrefix("n") ? 0 : 1))
        }
        #expect(try copy.entries(for: try image("b.r.io/three"), until: soon).first?.pattern == "b.r.io")
        for _ in 0..<2 { #expect(throws: Failure.self) { try helpers.entries(for: try image("b.io/app"), until: soon) } }
        let calls = String(decoding: try FileSystem.contents(of: log, limit: 4096), as: UTF8.self).split(separator: "\n")
        #expect(calls == ["a.r.io", "b.r.io", "none", "broken", "broken"])
    }

    @Test func `a helper that knows nothing is no failure`() throws {
        install("x", "echo 'credentials not found in native keychain'; exit 1")
        #expect(try helpers(#"{"credsStore":"x"}"#).entries(for: try image("r.io/app"), until: soon).isEmpty)
    }

    @Test(arguments: [
        ("missing", "", "there is no such program in PATH"),
        ("locked", "echo the keychain is locked; echo noise >&2; exit 1", "the keychain is locked"),
        ("silent", "exit 3", "status 3"), ("junk", "echo s3cr3t", "the answer of docker-credential-junk:1:1"), ("none", "exit 0", ":1:1"),
        ("large", "exec cat /dev/zero", "more than 1 MiB"), ("killed", "kill -9 $$", "signal 9"), ("../x", "", "no such program"),
    ])
    func `a helper that cannot be asked is a failure that names it`(_ name: String, _ script: String, _ says: String) throws {
        if !script.isEmpty { install(name, script) }
        let failure = #expect(throws: Failure.self) {
            try helpers(#"{"credHelpers":{"r.io":"\#(name)"}}"#).entries(for: try image("r.io/app"), until: soon)
        }
        let line = try #require(failure).description
        #expect(line.contains(says) && line.contains("docker-credential-\(name)"), "\(line)")
        #expect(!line.contains("s3cr3t"))
    }

    @Test func `at the deadline the helper is ended`() throws {
        install("slow", "exec sleep 1000")
        let failure = #expect(throws: Failure.self) {
            try helpers(#"{"credsStore":"slow"}"#).entries(
                for: try image("r.io/app"), until: SystemClocks().monotonicNanoseconds + 100_000_000)
        }
        #expect(failure?.code == .timedOut)
        #expect(failure?.description.contains("docker-credential-slow") == true)
    }

    @Test func `cancelling ends the helper and all that it started`() throws {
        let pipe = folder.path("pipe")
        mkfifo(pipe, 0o600)
        // The grandchild alone holds the pipe.
        install("slow", "{ echo started; exec sleep 1000; } > \(pipe) & exec sleep 1000")
        let cancellation = Cancellation()
        let codes = Mutex<[Failure.Code]>([])
        let (helpers, image) = (try helpers(#"{"credsStore":"slow"}"#), try image("r.io/app"))
        let caller = try WorkerThread {
            do throws(Failure) {
                _ = try helpers.entries(for: image, until: .max, cancellation: cancellation)
            } catch {
                codes.withLock { $0.append(error.code) }
            }
        }
        let file = open(pipe, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 64)
        #expect(read(file, &buffer, buffer.count) > 0)
        cancellation.cancel()
        caller.join()
        #expect(codes.withLock { $0 } == [.cancelled])
        // The end of the pipe comes only when the last process that could write to it is gone.
        while read(file, &buffer, buffer.count) > 0 {}
    }

    @Test func `the helper tabard is answered in process`() throws {
        install("tabard", "echo must not be started; exit 1")
        let helpers = try helpers(#"{"credHelpers":{"r.io":"tabard"}}"#) { image, _, _ throws(Failure) in
            [AuthEntry(pattern: image.registry, username: "own", password: Secret(""), origin: Origin(.plugin, "x"))]
        }
        #expect(try helpers.entries(for: try image("r.io/app"), until: soon).map(\.username) == ["own"])
    }
}
