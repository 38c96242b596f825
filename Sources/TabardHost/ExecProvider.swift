public import TabardCore
public import TabardExec
public import TabardSystem

/// A provider behind the kubelet's exec protocol: each question starts its program, in a process group of which nothing is left afterwards.
///
/// The program inherits the three standard streams and no other descriptor. Whatever it does, the answer comes on time: at the deadline the
/// whole group is killed, and a process that it left behind with the streams open is not waited for.
public final class ExecProvider: Provider {
    /// What its exit status says beside success.
    public enum ExitStatus: Sendable {
        /// Nothing: the protocol knows only zero and the rest.
        case plain
        /// The class of the failure, as our own programs have it (`Failure.exitCode`).
        case ours
    }

    /// Which one.
    public let id: String
    /// The images it serves.
    public let patterns: [ImagePattern]
    /// Whether it is asked for every image, beside `patterns`.
    public let matchesEveryImage: Bool
    /// Whether it is sent the service account token.
    public let usesServiceAccount: Bool
    /// What its entries are marked with.
    public let origin: Origin
    private let command: ChildCommand
    private let version: ExecVersion
    private let defaultDuration: Duration?
    private let exitStatus: ExitStatus
    private let timeoutOption: String?
    private let timeout: Duration?
    private let clocks: any Clocks
    private let log: LogSink

    /// How much a program may complain before the rest is dropped, in bytes.
    private static let longestComplaint = 16_384

    /// Describes a program; nothing is started before a question.
    ///
    /// - Parameters:
    ///   - version: The version that it is asked in and has to answer in.
    ///   - defaultDuration: How long an answer holds that does not say so itself; nil leaves it to the cache.
    ///   - timeout: How long it may take even where the question leaves more time.
    ///   - timeoutOption: The name of an option that takes the time that is left, so that its own reason comes before the kill.
    public init(
        id: String, patterns: [ImagePattern], matchesEveryImage: Bool = false, usesServiceAccount: Bool, origin: Origin,
        command: ChildCommand,
        version: ExecVersion, defaultDuration: Duration? = nil, exitStatus: ExitStatus = .plain, timeout: Duration? = nil,
        timeoutOption: String? = nil,
        clocks: any Clocks, log: LogSink
    ) {
        self.id = id
        self.patterns = patterns
        self.matchesEveryImage = matchesEveryImage
        self.usesServiceAccount = usesServiceAccount
        self.origin = origin
        self.command = command
        self.version = version
        self.defaultDuration = defaultDuration
        self.exitStatus = exitStatus
        self.timeout = timeout
        self.timeoutOption = timeoutOption
        self.clocks = clocks
        self.log = log
    }

    /// Starts the program, gives it the question and reads its answer as strictly as the kubelet does.
    public func provide(_ request: ProviderRequest, call: ProviderCall) throws(Failure) -> ProviderReply {
        let question = try ExecRequest(version: version, question: request).write()
        var command = command
        let now = clocks.monotonicNanoseconds
        let deadline = min(call.deadline, timeout.map { now.addingSaturated($0) } ?? .max)
        let left = deadline == .max ? Int64.max : deadline - now
        guard left > 0 else { throw failure(.timedOut, on: request, "no time was left to ask it") }
        if let timeoutOption, left != .max {
            command.arguments += [timeoutOption, GoDuration.format(.nanoseconds(max(1_000_000, left - min(250_000_000, left / 10))))]
        }
        var output = SecretBuffer()
        let ending: ChildEnding
        let errors: [UInt8]
        do throws(SystemError) {
            let child = try ChildProcess(command)
            (ending, errors) = try question.withBytes { (bytes) throws(SystemError) in
                try child.exchange(
                    input: bytes, until: deadline, cancellation: call.cancellation, outputLimit: ExecRequest.maximumSize,
                    errorLimit: Self.longestComplaint
                ) { output.append($0) }
            }
        } catch {
            throw failure(.local, on: request, error.description, "check \(command.path)")
        }
        var secrets = [request.serviceAccountToken].compactMap { $0 }
        guard ending == .exited(0) else {
            let lines = lines(in: errors, without: secrets)
            for line in lines { log(.warning, "\(id): \(line)") }
            throw failure(of: ending, on: request, lines.last)
        }
        let response: ExecResponse
        do throws(Failure) {
            response = try ExecResponse(parsing: output.freeze(), version: version, origin: origin)
        } catch {
            for line in lines(in: errors, without: secrets) { log(.warning, "\(id): \(line)") }
            var failure = error
            failure.source = id
            throw failure
        }
        if log.keeps(.info(4)) {
            secrets += response.entries.map(\.password)
            for line in lines(in: errors, without: secrets) { log(.info(4), "\(id): \(line)") }
        }
        return ProviderReply(entries: response.entries, scope: response.scope, duration: response.duration ?? defaultDuration)
    }

    /// What it complained, line by line; lines with something secret in them are left out.
    private func lines(in errors: [UInt8], without secrets: [Secret]) -> [String] {
        errors.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let holdsSecret = secrets.contains { secret in
                secret.count >= 4 && secret.withBytes { bytes in line.containsRun(of: bytes) }
            }
            let text = String(decoding: line.prefix(1024), as: UTF8.self).escapingControlCharacters()
            return holdsSecret ? "(a line with a credential in it)" : text
        }
    }

    private func failure(of ending: ChildEnding, on request: ProviderRequest, _ complaint: String?) -> Failure {
        let said = complaint.map { ": \($0)" } ?? ""
        switch ending {
        case .exited(let status):
            let code: Failure.Code =
                switch (exitStatus, status) {
                case (.ours, 2): .invalid
                case (.ours, 3): .denied
                case (.ours, 1): .internalFault
                default: .unavailable
                }
            return failure(code, on: request, "it exited with status \(status)\(said)")
        case .signalled(let number):
            return failure(
                .unavailable, on: request, "signal \(number)\(Self.name(of: number)) ended it\(said)",
                "report it to the provider's maintainer")
        case .timedOut:
            return failure(.timedOut, on: request, "no answer before the deadline; it and all that it started were killed\(said)")
        case .cancelled: return failure(.cancelled, on: request, "cancelled")
        case .outputTooLarge: return failure(.badResponse, on: request, "it wrote more than 1 MiB; it was killed")
        case .unknown:
            return failure(.local, on: request, "how it ended cannot be known: this process ignores SIGCHLD or waits for all children")
        }
    }

    private func failure(_ code: Failure.Code, on request: ProviderRequest, _ reason: String, _ advice: String = "") -> Failure {
        Failure(
            code, attempting: "asking the program \(command.path)", on: request.image.name, reason: reason, advice: advice, source: id)
    }

    private static func name(of signal: Int32) -> String {
        let names: [Int32: String] = [
            4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM",
        ]
        return names[signal].map { " (\($0))" } ?? ""
    }
}

extension ArraySlice<UInt8> {
    /// Whether these bytes stand somewhere in it.
    fileprivate func containsRun(of bytes: UnsafeRawBufferPointer) -> Bool {
        guard let first = bytes.first, count >= bytes.count else { return false }
        return indices.dropLast(bytes.count - 1).contains { start in
            self[start] == first && self[start..<(start + bytes.count)].elementsEqual(bytes)
        }
    }
}
