import Glibc
import TabardConfig
import TabardCore
import TabardDoctor
import TabardHost
import TabardJSON
import TabardTestSupport
import Testing

/// A node of Tests/Fixtures/doctor: its files, its kubelet, and what has to be found on it.
private struct NodeCase: Sendable, CustomTestStringConvertible {
    let name: String
    let content: JSONNode
    var testDescription: String { name }

    static func all() throws -> [NodeCase] {
        try Fixtures.names(in: "doctor").filter { $0.hasPrefix("node-") }.map {
            NodeCase(name: $0, content: try Fixtures.json("doctor/\($0)"))
        }
    }

    /// Whether it can be built here: only root can give files to other users.
    var isPossible: Bool {
        geteuid() == 0 || content["files"]?.members.contains { $0.value["owner"] != nil } != true
    }

    /// Lays the files out and looks at them.
    func examine() throws -> (report: DoctorReport, folder: TemporaryFolder) {
        let folder = TemporaryFolder()
        for member in content["files"]?.members ?? [] { try write(member.key, member.value, folder) }
        if let kubelet = content["kubelet"] {
            let words = kubelet["arguments"]?.elements.compactMap(\.string) ?? []
            folder.write("proc/812/cmdline", Array((words.joined(separator: "\0") + "\0").utf8))
            let variables = kubelet["environment"]?.members.map { "\($0.key)=\($0.value.string ?? "")\0" }.joined()
            if let variables { folder.write("proc/812/environ", Array(variables.utf8)) }
        }
        chmod(folder.path, 0o755)
        let plugins = content["pluginFolder"]?.string ?? "/usr/lib/tabard/v1"
        var node = Node(pluginFolders: PluginDirectories([plugins], source: "the place of installation"))
        node.root = folder.path
        node.isClockSynchronised = content["clock"]?.bool ?? true
        if let shell = content["shell"] {
            node.environment = Dictionary(uniqueKeysWithValues: shell.members.map { ($0.key, $0.value.string ?? "") })
        }
        var doctor = Doctor(node)
        doctor.examine()
        return (doctor.result, folder)
    }

    private func write(_ path: String, _ value: JSONNode, _ folder: TemporaryFolder) throws {
        let name = String(path.dropFirst())
        let mode = value["mode"]?.string.flatMap { mode_t($0, radix: 8) }
        if let target = value["link"]?.string {
            folder.write("\(name).above", "")
            unlink(folder.path("\(name).above"))
            try #require(TemporaryFolder.link(target, at: folder.path(name)))
        } else if value["folder"]?.bool == true {
            folder.write("\(name)/.keep", "")
            chmod(folder.path(name), mode ?? 0o755)
        } else if value["socket"]?.bool == true {
            try Self.makeSocket(folder, name, mode: mode ?? 0o660)
        } else if value["plugin"]?.bool == true {
            folder.write(name, Self.sharedObject, mode: mode ?? 0o644)
        } else if let manifest = value["manifest"]?.string {
            folder.write(name, try Fixtures.bytes("doctor/\(manifest)"), mode: mode ?? 0o644)
        } else {
            folder.write(name, value.string ?? value["text"]?.string ?? "", mode: mode ?? 0o644)
        }
        if let owner = value["owner"]?.int64 { chown(folder.path(name), uid_t(owner), gid_t(owner)) }
    }

    /// A socket with a name, on which nobody listens any more.
    private static func makeSocket(_ folder: TemporaryFolder, _ name: String, mode: mode_t) throws {
        folder.write("\(name).above", "")
        unlink(folder.path("\(name).above"))
        let made = try Tool.run(
            Repository.python, ["-c", "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", folder.path(name)])
        try #require(made.status == 0, "\(made)")
        chmod(folder.path(name), mode)
    }

    /// The smallest file that the loader's check of the header takes for a plugin of this machine.
    private static let sharedObject: [UInt8] = {
        #if arch(x86_64)
            let machine: UInt8 = 62
        #else
            let machine: UInt8 = 183
        #endif
        var bytes = [UInt8](repeating: 0, count: 120)
        bytes.replaceSubrange(0..<20, with: [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9) + [3, 0, machine, 0])
        bytes[32] = 64
        bytes[54] = 56
        return bytes
    }()
}

@Suite struct DoctorTests {
    @Test(arguments: try NodeCase.all().filter(\.isPossible))
    fileprivate func `a node has the findings that its fixture names`(_ node: NodeCase) throws {
        let (report, folder) = try node.examine()
        var rest = report.findings
        for expected in node.content["findings"]?.elements ?? [] {
            let index = rest.firstIndex { finding in
                finding.severity.rawValue == expected["severity"]?.string && finding.area.rawValue == expected["area"]?.string
                    && finding.subject == expected["subject"]?.string && finding.what.contains(expected["what"]?.string ?? "?")
                    && finding.fix.contains(expected["fix"]?.string ?? "")
            }
            #expect(index != nil, "missing: \(expected["what"]?.string ?? "")\n\(report.text)")
            if let index { rest.remove(at: index) }
        }
        // What is bad and not in the fixture is a mistake of one of the two.
        let surplus = rest.filter { $0.severity == .error || $0.severity == .warning }
        #expect(surplus.isEmpty, "\(surplus.map { "\($0.severity) \($0.area) \($0.subject): \($0.what)" }.joined(separator: "\n"))")
        #expect(report.hasErrors == report.findings.contains { $0.severity == .error })
        #expect(!report.text.contains(folder.path) && !report.json.contains(folder.path), "\(report.text)")
    }

    @Test(arguments: try NodeCase.all().filter(\.isPossible))
    fileprivate func `nothing secret and no value of a variable is told`(_ node: NodeCase) throws {
        let (report, _) = try node.examine()
        let secrets = node.content["secrets"]?.elements.compactMap(\.string) ?? []
        let variables = (node.content["shell"]?.members ?? []) + (node.content["kubelet"]?["environment"]?.members ?? [])
        let values = variables.filter { $0.key != "HOME" && $0.key != "PATH" }.compactMap(\.value.string).filter { $0.utf8.count >= 8 }
        let scan = SecretScan(unnoted: secrets + values)
        #expect(scan.findings(in: report.text).isEmpty, "\(report.text)")
        #expect(scan.findings(in: report.json).isEmpty)
    }

    @Test func `two nodes that are set up alike give the same bytes, whatever the order and the time of their files`() throws {
        let node = NodeCase(name: "", content: try Fixtures.json("doctor/node-healthy.json"))
        let first = try node.examine()
        let second = try node.examine()
        #expect(first.folder.path != second.folder.path)
        #expect(first.report.json == second.report.json)
    }

    @Test func `the JSON has registries and counts of docker configs, and nothing of a password`() throws {
        let node = NodeCase(name: "", content: try Fixtures.json("doctor/node-docker.json"))
        let (report, _) = try node.examine()
        let configs = try JSONDocument(parsing: Array(report.json.utf8)).root.requireArray("dockerConfigs")
        let counting = try #require(configs.first { $0["counts"]?.bool == true })
        #expect(counting["path"]?.string == "/var/lib/kubelet/config.json")
        let logins = try counting.requireArray("logins").map { "\($0["registry"]?.string ?? "") \($0["entries"]?.int64 ?? 0)" }
        #expect(logins == ["gcr.io 1", "registry.example.com 2"])
        #expect(Set(counting.members.map(\.key)) == ["path", "counts", "logins", "credHelpers", "credsStore"])
    }
}
