import Glibc
import Synchronization
import TabardCore
import TabardKeyring
import TabardTestSupport
import Testing

@Suite struct DockerConfigSearchTests {
    let folder = TemporaryFolder()
    let lines = Lines()

    final class Lines: Sendable { let all = Mutex<[String]>([]) }

    var log: LogSink { LogSink(verbosity: 4) { [lines] line in lines.all.withLock { $0.append(line.message) } } }

    var folders: DockerConfigSearch.Folders {
        var folders = DockerConfigSearch.Folders(home: folder.path("home"))
        folders.kubelet = folder.path("kubelet")
        folders.current = folder.path("current")
        folders.root = folder.path("root")
        return folders
    }

    func config(_ user: String) -> String { #"{"auths":{"r.io":{"username":"\#(user)"}}}"# }
    func legacy(_ user: String) -> String { #"{"r.io":{"username":"\#(user)"}}"# }

    static let places = [
        "kubelet/config.json", "current/config.json", "home/.docker/config.json", "root/.docker/config.json", "kubelet/.dockercfg",
        "current/.dockercfg", "home/.dockercfg", "root/.dockercfg",
    ]

    @Test func `the first valid file is the answer, every config json before every dockercfg`() throws {
        // From the last place to the first: each new file wins over all that were there.
        for place in Self.places.reversed() {
            folder.write(place, place.hasSuffix(".json") ? config(place) : legacy(place))
            let search = DockerConfigSearch(dockerConfig: nil, folders: folders, log: log)
            #expect(search.config?.entries.map(\.username) == [place])
            #expect(search.config?.file == folder.path(place))
            #expect(search.attempts.map(\.path) == Self.places.map { folder.path($0) })
            for attempt in search.attempts {
                switch (attempt.outcome, attempt.path == folder.path(place)) {
                case (.taken, true), (.missing, false), (.notTried, false): break
                default: Issue.record("\(attempt)")
                }
            }
        }
    }

    @Test func `what cannot be used is told and passed over`() throws {
        folder.write("kubelet/config.json", "{ not json")
        folder.write("current/config.json", #"{"compilerOptions":{"strict":true}}"#)
        mkdir(folder.path("home"), 0o755)
        mkdir(folder.path("home/.docker"), 0o755)
        mkdir(folder.path("home/.docker/config.json"), 0o755)
        mkdir(folder.path("root"), 0o755)
        mkdir(folder.path("root/.docker"), 0o755)
        mkfifo(folder.path("root/.docker/config.json"), 0o600)
        folder.write("home/.dockercfg", legacy("h"))
        let search = DockerConfigSearch(dockerConfig: "", folders: folders, log: log)
        #expect(search.config?.entries.map(\.username) == ["h"])
        let reasons = search.attempts.compactMap { if case .unusable(let failure) = $0.outcome { failure.description } else { nil } }
        #expect(reasons.count == 4, "\(reasons)")
        for (reason, part) in zip(reasons, ["kubelet/config.json:1:3", "something else", "directory", "config.json:1:1"]) {
            #expect(reason.contains(part), "\(reason)")
        }
        let said = lines.all.withLock { $0 }
        #expect(said.first == "looking for config.json at \(folder.path("kubelet/config.json"))")
        #expect(said.last == "found valid .dockercfg at \(folder.path("home/.dockercfg"))")
    }

    @Test func `nothing anywhere says one line with every place`() throws {
        let search = DockerConfigSearch(dockerConfig: nil, folders: folders, log: log)
        #expect(search.config == nil)
        let last = lines.all.withLock { $0.last } ?? ""
        #expect(last.hasPrefix("Docker config file not found: looked for "))
        for place in Self.places { #expect(last.contains(folder.path(place))) }
    }

    @Test func `without a home its places are left out`() throws {
        var folders = folders
        folders.home = nil
        #expect(DockerConfigSearch(dockerConfig: nil, folders: folders, log: log).attempts.count == 6)
    }

    @Test func `DOCKER_CONFIG is searched alone, as a folder or a file`() throws {
        folder.write("home/.docker/config.json", config("home"))
        folder.write("other/config.json", config("other"))
        folder.write("old/.dockercfg", legacy("old"))
        mkdir(folder.path("empty"), 0o755)
        func users(_ path: String) -> [String]? {
            DockerConfigSearch(dockerConfig: folder.path(path), folders: folders, log: log).config?.entries.map(\.username)
        }
        #expect(users("other") == ["other"])
        #expect(users("other/config.json") == ["other"])
        #expect(users("old") == ["old"])
        #expect(users("old/.dockercfg") == ["old"])
        #expect(users("empty") == nil, "an empty folder means: no credentials")
        #expect(users("missing") == nil)
        func both(_ docker: String?, _ podman: String?) -> [String]? {
            DockerConfigSearch(dockerConfig: docker, registryAuthFile: podman, folders: folders, log: log).config?.entries.map(\.username)
        }
        #expect(both(nil, folder.path("other/config.json")) == ["other"])
        #expect(both(folder.path("old"), folder.path("other/config.json")) == ["other"], "as for podman and skopeo")
        #expect(both("", "") == ["home"])
    }

    @Test func `the files of podman and skopeo are read besides, all of them`() throws {
        folder.write("home/.docker/config.json", config("docker"))
        folder.write("run/containers/auth.json", config("run"))
        folder.write("settings/containers/auth.json", #"{"auths":{"r.io/team":{"username":"settings"},"s.io":{"auth":"@"}}}"#)
        let values = ["HOME": folder.path("home"), "XDG_RUNTIME_DIR": folder.path("run"), "XDG_CONFIG_HOME": folder.path("settings")]
        var folders = DockerConfigSearch.Folders { values[$0] }
        (folders.kubelet, folders.current, folders.root) = (folder.path("kubelet"), folder.path("current"), folder.path("root"))
        let search = DockerConfigSearch(dockerConfig: nil, folders: folders, log: log)
        #expect(search.config?.entries.map(\.username) == ["docker"] && search.config?.isNamespaced == false)
        #expect(search.containers.flatMap(\.entries).map(\.username) == ["run", "settings"])
        #expect(search.containers.allSatisfy(\.isNamespaced) && search.containers.last?.spoiled.map(\.pattern.text) == ["s.io"])
        #expect(search.attempts.map(\.path).suffix(2) == ["run", "settings"].map { folder.path("\($0)/containers/auth.json") })
        #expect(DockerConfigSearch(dockerConfig: folder.path("home"), folders: folders, log: log).containers.isEmpty)
        let named = try DockerConfigSearch(explicit: folder.path("run/containers/auth.json"), log: log)
        #expect(named.config?.isNamespaced == true)
        let bare = DockerConfigSearch.Folders { _ in nil }
        #expect(bare.containers == ["/run/containers/\(getuid())"])
    }

    @Test func `a place that was named must be usable`() throws {
        folder.write("good/config.json", config("u"))
        folder.write("bad/config.json", "[]")
        mkdir(folder.path("empty"), 0o755)
        #expect(try DockerConfigSearch(explicit: folder.path("good"), log: log).config?.entries.map(\.username) == ["u"])
        #expect(try DockerConfigSearch(explicit: folder.path("good/config.json"), log: log).config?.entries.map(\.username) == ["u"])
        for (path, code) in [
            ("bad", Failure.Code.invalid), ("empty", .invalid), ("missing", .invalid), ("good/config.json/x", .invalid),
        ] {
            let failure = #expect(throws: Failure.self) { try DockerConfigSearch(explicit: folder.path(path), log: log) }
            #expect(failure?.code == code, "\(path)")
            #expect(failure?.description.contains(folder.path(path)) == true)
        }
    }

    @Test func `a bad entry is a warning with its place`() throws {
        folder.write("c/config.json", #"{"auths":{"r.io":{"auth":"@@@"},"s.io":{"username":"u"}}}"#)
        let search = try DockerConfigSearch(explicit: folder.path("c"), log: log)
        #expect(search.config?.entries.map(\.username) == ["u"])
        #expect(lines.all.withLock { $0.last }?.contains("c/config.json:1:26") == true)
    }

    @Test func `a file without end is refused`() throws {
        folder.write("big/config.json", String(repeating: " ", count: (4 << 20) + 1) + "{}")
        let failure = #expect(throws: Failure.self) { try DockerConfigSearch(explicit: folder.path("big"), log: log) }
        #expect(failure?.code == .local)
        #expect(failure?.reason == "File too large")
    }
}
