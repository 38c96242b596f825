import Glibc
import TabardCache
import TabardCore
import TabardSystem

/// Becoming the program that has been installed in the place of this one.
extension Agent {
    /// The variable that tells the descriptor of the handover.
    static let variable = "TABARD_AGENT_HANDOVER"

    private static let patienceForWriting: Int64 = 5_000_000_000
    private static let patienceForProviders: Int64 = 2_000_000_000
    private static let patienceForTrial: Int64 = 20_000_000_000

    /// What the process before this one left; nil when there was none.
    static func takeHandover(log: LogSink) -> Handover? {
        guard let number = Environment.trustedValue(variable).flatMap({ Int32($0) }) else { return nil }
        // Children must not think that it is theirs.
        unsetenv(variable)
        var bytes = SecretBuffer()
        do throws(SystemError) {
            try SealedFile(inherited: number).read { bytes.append($0) }
        } catch {
            log(.error, "What the agent before left cannot be read: \(error)")
            return nil
        }
        do throws(Failure) {
            return try Handover(reading: bytes.freeze())
        } catch {
            log(.error, "What the agent before left cannot be read: \(error)")
            return nil
        }
    }

    /// Becomes the installed program, with the socket, the open questions and everything that is held. Returns when that cannot be.
    func replace(_ server: AgentServer, metrics: Int32?, because reason: String) {
        if let complaint = complaintAboutProgram() {
            log(.error, "\(reason) has changed, but \(options.program) does not start: \(complaint); this process goes on")
            return
        }
        guard reload(because: reason) else { return }
        manager.notify("RELOADING=1", "MONOTONIC_USEC=\(clocks.monotonicNanoseconds / 1000)")
        log(.info(0), "\(reason) has changed: another process takes over")
        let cache = host.read { $0 }.cache
        server.stopTaking()
        let open = server.handOver(until: clocks.monotonicNanoseconds + Self.patienceForWriting)
        do throws(Failure) {
            var handover = Handover(listener: server.descriptor, place: server.place, metrics: metrics)
            handover.questions = open.map {
                Handover.Question(descriptor: $0.descriptor, deadline: $0.deadline, isOwner: $0.isOwner, body: $0.question)
            }
            handover.cache = try cache.export()
            // What is on its way is asked for again by the next process; what it has started must not outlive this one.
            _ = cache.close(until: clocks.monotonicNanoseconds + Self.patienceForProviders)
            // Their descriptors are closed with them.
            try withExtendedLifetime(open) { () throws(Failure) in try become(with: handover) }
        } catch {
            // Clients see the end of their connections and ask by themselves; whoever watches over this process starts it again.
            log(.error, "\(error)")
            _exit(1)
        }
    }

    private func become(with handover: Handover) throws(Failure) {
        let document = try handover.write()
        let inherited = [handover.listener] + (handover.metrics.map { [$0] } ?? []) + handover.questions.map(\.descriptor)
        let problem = document.withBytes { bytes in
            do throws(SystemError) {
                let file = try SealedFile(bytes)
                return ProcessReplacement.become(
                    options.program, arguments: options.arguments, adding: [Self.variable: "\(file.number)"],
                    inheriting: inherited + [file.number])
            } catch {
                return error
            }
        }
        throw Failure(.local, attempting: "becoming the new program", on: options.program, reason: problem.description)
    }

    /// Why the installed program cannot be started, or nil.
    private func complaintAboutProgram() -> String? {
        do throws(SystemError) {
            let child = try ChildProcess(
                ChildCommand(path: options.program, arguments: ["--version"], environment: Environment.all))
            child.input = nil
            guard try child.waitForEnding(until: clocks.monotonicNanoseconds + Self.patienceForTrial) else { return "it does not end" }
            let ending = child.end()
            return ending == .exited(0) ? nil : "\(ending)"
        } catch {
            return error.description
        }
    }
}
