import TabardJSON
import TabardTestSupport
import Testing

/// Logins in the files of podman and skopeo, found as the two find them.
@Suite struct PodmanLoginTests {
    private let folder = TemporaryFolder()

    /// Whom podman, skopeo and tabard would be at a registry or for a repository; "" for nobody.
    private func users(for name: String, _ environment: [String: String]) throws -> [String] {
        let own = [
            "HOME": folder.path("home"), "TMPDIR": folder.path, "XDG_RUNTIME_DIR": folder.path("run"), "TABARD_PLUGIN_PATH": folder.path,
        ]
        let variables = own.merging(environment) { $1 }
        let storage = ["--root", folder.path("storage"), "--runroot", folder.path("storage-run"), "--storage-driver", "vfs"]
        let others = try [("podman", storage), ("skopeo", [])].map { program, options in
            let answer = try Tool.run(program, options + ["login", "--get-login", name], environment: variables)
            return answer.status == 0 ? String(answer.output.prefix { $0 != "\n" }) : ""
        }
        let told = try Tool.run(
            StagedTools.path("tabard"), ["explain", "\(name)\(name.contains("/") ? "" : "/app")", "--json"], environment: variables)
        let first = try JSONDocument(parsing: Array(told.output.utf8)).root["candidates"]?.elements.first
        return others + [first?["username"]?.string ?? ""]
    }

    /// Logins of the users a, b, c and d.
    private func config(_ logins: KeyValuePairs<String, String>) -> String {
        let auths = logins.map { key, user in
            #""\#(key)": {"auth": "\#(["a": "YTpw", "b": "Yjpw", "c": "Yzpw", "d": "ZDpw"][user] ?? "")"}"#
        }
        return #"{"auths": {\#(auths.joined(separator: ", "))}}"#
    }

    @Test(arguments: [
        ("r.io", "a"), ("r.io/team", "b"), ("r.io/team/app", "b"), ("r.io/team-b/app", "a"), ("s.io", "c"), ("t.io", "d"), ("u.io", ""),
        ("docker.io", "c"), ("old.io", "b"),
    ])
    func `without variables the files of the user count`(name: String, user: String) throws {
        folder.write("run/containers/auth.json", config(["r.io/team": "b", "r.io": "a", "https://old.io/v1/": "b"]))
        folder.write("home/.config/containers/auth.json", config(["s.io": "c", "docker.io": "c"]))
        folder.write("home/.docker/config.json", config(["t.io": "d"]))
        #expect(try users(for: name, [:]) == [user, user, user])
    }

    @Test func `REGISTRY_AUTH_FILE counts alone, and wins over DOCKER_CONFIG`() throws {
        folder.write("run/containers/auth.json", config(["r.io": "a"]))
        let file = folder.write("named.json", config(["s.io": "b", "s.io/team": "c"]))
        folder.write("docker/config.json", config(["s.io": "d", "t.io": "d"]))
        let both = ["REGISTRY_AUTH_FILE": file, "DOCKER_CONFIG": folder.path("docker")]
        #expect(try users(for: "s.io", both) == ["b", "b", "b"])
        #expect(try users(for: "s.io/team-b", both) == ["b", "b", "b"])
        #expect(try users(for: "r.io", both) == ["", "", ""])
        // podman 4.3 and skopeo 1.9 look into docker's file too; later ones take the variable at its word, and so does tabard.
        #expect(try users(for: "t.io", both).last?.isEmpty == true)
        let docker = ["DOCKER_CONFIG": folder.path("docker")]
        #expect(try users(for: "t.io", docker) == ["d", "d", "d"] && users(for: "r.io", docker) == ["", "", ""])
    }
}
