import TabardConfig
import TabardCore
import TabardExecPlugins
import TabardHTTP
import TabardHost
import TabardSystem
import TabardTestSupport
import Testing

/// A kubelet's programs as providers of a host, with shell scripts as programs.
@Suite struct ExecPluginCatalogTests {
    private static let answer =
        #"{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Registry","#
        + #""cacheDuration":"1h0m0s","auth":{"r.example":{"username":"u","password":"hunter22"}}}"#

    private struct NoHTTP: HTTPExchanging {
        func perform(_ request: HTTPRequest, until deadline: Int64, cancellation: Cancellation?) throws(Failure) -> HTTPResponse {
            throw Failure(.unavailable, attempting: "connecting", reason: "no network in this test")
        }
    }

    /// A folder with programs and the configuration that names them.
    private struct World {
        let folder = TemporaryFolder()
        let logged = Guarded<[String]>([])
        let services: HostServices

        init() {
            let logged = logged
            let log = LogSink(verbosity: 9) { line in logged.withLock { $0.append(line.message) } }
            services = HostServices(name: "test", version: "1", http: NoHTTP(), clocks: SystemClocks(), log: log)
        }

        func program(_ name: String, _ script: String, mode: UInt32 = 0o755) {
            folder.write("bin/\(name)", "#!/bin/sh\n\(script)\n", mode: mode)
        }

        func catalog(_ plugins: String..., taken: Set<String> = [], timeout: String = "30s") throws -> ExecPluginCatalog {
            let file = folder.write(
                "kubelet.yaml",
                "kind: CredentialProviderConfig\napiVersion: kubelet.config.k8s.io/v1\nproviders:\n" + plugins.joined(separator: "\n"))
            let configuration = try TabardConfiguration.parse(
                Array(
                    #"{"execProviders":"\#(file)","execProviderBinDir":"\#(folder.path)/bin","execProviderTimeout":"\#(timeout)"}"#.utf8),
                file: "config.json")
            return try ExecPluginCatalog(configuration: configuration, taken: taken, services: services)
        }

        func ask(_ provider: any Provider, token: String? = nil, annotations: [String: String] = [:]) throws -> ProviderReply {
            var request = ProviderRequest(image: try ImageReference("r.example/app:1"))
            request.serviceAccountToken = token.map { Secret($0) }
            request.serviceAccountAnnotations = annotations
            return try provider.provide(
                request, call: ProviderCall(deadline: .max, cancellation: Cancellation(), isOneShot: true))
        }
    }

    private static func plugin(_ name: String, _ more: String = "") -> String {
        """
        - name: \(name)
          matchImages: [r.example]
          apiVersion: credentialprovider.kubelet.k8s.io/v1
          defaultCacheDuration: 1m
        \(more)
        """
    }

    @Test func `a program gets its arguments and environment, and its answer is read`() async throws {
        try await onThread {
            let world = World()
            world.program("one", #"[ "$1 $WHO $TABARD_DEPTH" = "get me 1" ] || exit 9; cat >/dev/null; printf '%s' '\#(Self.answer)'"#)
            let catalog = try world.catalog(Self.plugin("one", "  args: [get]\n  env: [{name: WHO, value: you}, {name: WHO, value: me}]"))
            let provider = try #require(catalog.providers.first)
            let reply = try world.ask(provider)
            #expect(reply.entries.map(\.username) == ["u"] && reply.entries.map(\.origin) == [Origin(.execPlugin, "one")])
            #expect(reply.duration == .seconds(3600))
        }
    }

    @Test func `programs that cannot be used are told and the others go on`() async throws {
        try await onThread {
            let world = World()
            world.program("good", "exit 4")
            world.program("shut", "exit 0", mode: 0o644)
            world.program("taken", "exit 0")
            world.folder.write("bin/folder/x", "")
            let catalog = try world.catalog(
                Self.plugin("missing"), Self.plugin("shut"), Self.plugin("folder"), Self.plugin("good"), Self.plugin("taken"),
                taken: ["taken"])
            #expect(catalog.providers.map(\.id) == ["good"])
            let reasons = catalog.rejected.map(\.reason)
            #expect(reasons == ["it does not exist", "it is not executable", "it is no file", "a plugin has a provider of that id"])
            #expect(world.logged.withLock { $0 }.contains { $0.contains("kubelet.yaml:4:") && $0.contains("missing") })
        }
    }

    @Test func `nothing asks itself`() async throws {
        try await onThread {
            let world = World()
            // A link to this process's own file, which stands for provider-exec beside a host.
            let own = try #require(FileSystem.executablePath)
            try #require(Tool.run("ln", ["-s", own, world.folder.path + "/bin-self"]).status == 0)
            let catalog = try world.catalog(Self.plugin("itself", "  command: \(world.folder.path)/bin-self"))
            #expect(catalog.providers.isEmpty)
            #expect(catalog.skipped.map(\.reason) == ["it is provider-exec: this host asks its plugins itself"])
            #expect(catalog.rejected.isEmpty)
        }
    }

    @Test func `one program serves two providers under its own name`() async throws {
        try await onThread {
            let world = World()
            world.program("shared", #"cat >/dev/null; [ "$1" = a ] || exit 3; printf '%s' '\#(Self.answer)'"#)
            let catalog = try world.catalog(
                Self.plugin("first", "  command: shared\n  args: [a]"), Self.plugin("second", "  command: shared\n  args: [b]"))
            #expect(try world.ask(catalog.providers[0]).entries.count == 1)
            #expect(throws: Failure.self) { try world.ask(catalog.providers[1]) }
        }
    }

    @Test func `tokens and annotations go where the configuration says`() async throws {
        try await onThread {
            let world = World()
            world.program(
                "tokens",
                #"read line; case $line in *'"serviceAccountToken":"ticket","serviceAccountAnnotations":{"k":"v","o":"w"}}') ;; *) exit 9 ;; "#
                    + #"esac; printf '%s' '\#(Self.answer)'"#)
            world.program("echo", #"cat >/dev/null; printf '%s' '\#(Self.answer)' | sed s/hunter22/ticket/"#)
            func attributes(_ cacheType: String, required: Bool = true) -> String {
                "  tokenAttributes: {serviceAccountTokenAudience: a, cacheType: \(cacheType), requireServiceAccount: \(required)"
                    + (required ? ", requiredServiceAccountAnnotationKeys: [k]" : "")
                    + ", optionalServiceAccountAnnotationKeys: [o, absent]}"
            }
            let tokens = try #require(try world.catalog(Self.plugin("tokens", attributes("Token"))).providers.first)
            #expect(tokens.usesServiceAccount)
            #expect(try world.ask(tokens, token: "ticket", annotations: ["k": "v", "o": "w", "secret": "x"]).entries.count == 1)
            for (token, annotations) in [(nil, [:]), ("ticket", ["o": "w"])] as [(String?, [String: String])] {
                let failure = #expect(throws: Failure.self) { try world.ask(tokens, token: token, annotations: annotations) }
                #expect(failure?.code == .notMine)
            }
            let echoes = try world.catalog(Self.plugin("echo", attributes("Token"))).providers
            #expect(try world.ask(echoes[0], token: "ticket", annotations: ["k": "v"]).entries.count == 1)
            let sharing = try world.catalog(Self.plugin("echo", attributes("ServiceAccount", required: false))).providers
            let failure = #expect(throws: Failure.self) { try world.ask(sharing[0], token: "ticket") }
            #expect(failure?.code == .badResponse && failure?.description.contains("cacheType") == true)
            #expect(failure?.description.contains("ticket") == false)
        }
    }

    @Test func `a program that hangs is ended with everything it started`() async throws {
        try await onThread {
            let world = World()
            world.program("hangs", "sleep 600 & sleep 600")
            let provider = try #require(try world.catalog(Self.plugin("hangs"), timeout: "200ms").providers.first)
            let failure = #expect(throws: Failure.self) { try world.ask(provider) }
            #expect(failure?.code == .timedOut)
        }
    }

    @Test func `no configuration, no programs`() throws {
        let catalog = try ExecPluginCatalog(configuration: .empty, taken: [], services: World().services)
        #expect(catalog.providers.isEmpty && catalog.rejected.isEmpty)
        #expect(throws: Failure.self) {
            try TabardConfiguration.parse(Array(#"{"execProviders": "relative.yaml"}"#.utf8), file: "config.json")
        }
    }
}
