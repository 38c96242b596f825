import TabardConfig
import TabardCore
import TabardHost
import TabardSystem

/// The socket of the agent: whether it is there, who could have made it, and whether somebody listens. It is not connected to.
extension Doctor {
    private static let usualSocket = "/run/tabard/agent.sock"
    private static let unit = "tabard-agent"

    mutating func checkAgent() {
        let path = configuration.agentSocket ?? Self.usualSocket
        let units = SystemdUnit.listening(Self.unit, in: files)
        if let units, !units.contains(path) {
            report.add(
                .warning, .agent, path, "programs ask there, and \(Self.unit).socket listens at \(units.joined(separator: ", "))",
                why: "no program finds the agent, and each asks for itself",
                fix: "write the same path as agentSocket in config.json and as ListenStream in the unit")
        }
        let status: FileStatus
        do throws(SystemError) {
            status = try files.status(path)
        } catch {
            if configuration.agentSocket != nil || units != nil {
                report.add(
                    .warning, .agent, path, error.isNotFound ? "an agent is set up, and its socket is not there" : error.meaning,
                    why: "each program asks for itself", fix: "systemctl status \(Self.unit).socket \(Self.unit)")
            } else {
                report.add(.ok, .agent, path, "there is none: each program asks for itself")
            }
            return
        }
        guard status.kind == .socket else {
            report.add(
                .error, .agent, path, "it is no socket", why: "the agent cannot listen there", fix: "remove it and start the agent again")
            return
        }
        // What may connect is the socket's mode; who may put another one there is what its folders say.
        if let complaint = distrust(ofNamed: path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }) {
            report.add(
                .error, .agent, path, complaint, why: "whoever listens there is sent images and Pods' tokens, and its answers are believed",
                fix: "its folder belongs to root, mode 0755")
        }
        guard status.owner == 0 || status.owner == FileSystem.effectiveUser else {
            report.add(
                .error, .agent, path, "it belongs to user \(status.owner), neither root nor \(FileSystem.effectiveUser)",
                why: "whoever listens there is sent images and Pods' tokens, and its answers are believed",
                fix: "end what listens there, and start the agent of the installation")
            return
        }
        // unix(7) has no other way to ask without connecting.
        let listening = files.text("/proc/net/unix").map { text in text.split(separator: "\n").contains { $0.hasSuffix(" \(path)") } }
        if listening == false {
            report.add(
                .warning, .agent, path, "nobody listens there", why: "each program tries it first and then asks for itself",
                fix: "systemctl status tabard-agent")
        } else {
            report.add(.ok, .agent, path, listening == nil ? "it is there" : "somebody listens there")
        }
        if status.mode & 0o002 != 0 {
            report.add(
                .warning, .agent, path, "everybody may connect to it (mode 0\(String(status.mode, radix: 8)))",
                why: "every process on the node can have the node's credentials", fix: "give the socket to the group that may")
        }
    }
}
