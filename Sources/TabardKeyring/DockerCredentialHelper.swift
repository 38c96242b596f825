public import TabardCore
import TabardJSON
public import TabardSystem

/// One program `docker-credential-NAME`, asked over pipes in a process group of its own, of which nothing is left afterwards.
public struct DockerCredentialHelper: Sendable {
    /// How long one question may take when its caller has no earlier deadline: a helper may have to ask a person or a cloud.
    static let longestAnswer = Duration.seconds(60)

    /// What the docker config calls it, without `docker-credential-`.
    public let name: String
    /// The program's file name.
    public var program: String { "docker-credential-\(name)" }
    private let searchPath: String
    private let environment: [String: String]

    /// Names a helper; it is looked for only when it is asked.
    ///
    /// - Parameters:
    ///   - searchPath: The value of PATH.
    ///   - environment: All variables that it sees.
    public init(name: String, searchPath: String, environment: [String: String]) {
        self.name = name
        self.searchPath = searchPath
        self.environment = environment
    }

    /// Asks for the login to a server.
    ///
    /// - Parameters:
    ///   - server: What the helper knows the registry by.
    ///   - pattern: What the entry is for.
    ///   - deadline: On CLOCK_MONOTONIC, in nanoseconds. The helper and all that it started are killed then.
    /// - Returns: The login, or nil when the helper knows none.
    /// - Throws: `.local` when there is no such program or it fails, `.timedOut`, `.cancelled`, `.badResponse`.
    public func entry(
        for server: String, pattern: String, until deadline: Int64, cancellation: Cancellation? = nil
    ) throws(Failure) -> AuthEntry? {
        let question = try DockerHelperProtocol.question(server)
        let (output, status) = try run(.get, question, on: server, until: deadline, cancellation)
        return try DockerHelperProtocol.answer(
            in: output, status: status, helper: program, pattern: pattern, origin: Origin(.credentialHelper, "\(program) for \(server)"))
    }

    /// Looks for the program without starting it.
    ///
    /// - Parameter server: What it would be asked for.
    /// - Throws: `.local` when there is none.
    func find(for server: String) throws(Failure) -> String {
        guard let path = ChildCommand.find(program, in: searchPath) else {
            throw failure(
                .local, on: server, "there is no such program in PATH", "install it, or take \"\(name)\" out of the docker config")
        }
        return path
    }

    private func failure(_ code: Failure.Code, on server: String, _ reason: String, _ advice: String = "") -> Failure {
        Failure(code, attempting: "asking the credential helper \(program)", on: server, reason: reason, advice: advice)
    }

    private func run(
        _ action: DockerHelperProtocol.Action, _ input: Secret, on server: String, until deadline: Int64, _ cancellation: Cancellation?
    ) throws(Failure) -> (output: Secret, status: Int32) {
        let path = try find(for: server)
        let end = min(deadline, SystemClocks().monotonicNanoseconds.addingSaturated(Self.longestAnswer))
        var output = SecretBuffer()
        let ending: ChildEnding
        do {
            let child = try ChildProcess(ChildCommand(path: path, arguments: [action.rawValue], environment: environment))
            ending = try input.withBytes { (bytes) throws(SystemError) in
                try child.exchange(
                    input: bytes, until: end, cancellation: cancellation, outputLimit: DockerHelperProtocol.maximumSize
                ) { output.append($0) }.ending
            }
        } catch {
            throw failure(.local, on: server, "\(error)")
        }
        switch ending {
        case .exited(let status): return (output.freeze(), status)
        case .signalled(let number): throw failure(.local, on: server, "signal \(number) ended it")
        case .timedOut: throw failure(.timedOut, on: server, "no answer in time; it was ended", "try: echo \(server) | \(program) get")
        case .cancelled: throw failure(.cancelled, on: server, "cancelled")
        case .outputTooLarge: throw failure(.badResponse, on: server, "it wrote more than 1 MiB")
        case .unknown: throw failure(.local, on: server, "how it ended cannot be known: this process ignores SIGCHLD")
        }
    }
}
