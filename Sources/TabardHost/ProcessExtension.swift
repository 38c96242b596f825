import CTabard
import TabardCore
import TabardSystem

/// The host extension `tabard.process/1`: one program run for a plugin, its whole group ended with it.
enum ProcessExtension {
    /// The one table, for all plugins.
    static let table: ImmortalPointer<tabard_process_v1> = {
        var table = tabard_process_v1()
        table.struct_size = UInt32(MemoryLayout<tabard_process_v1>.size)
        table.run = { call, request, result in
            guard let state = CallDesk.call(call) else { return TABARD_E_INVALID }
            return run(state, request, result)
        }
        return ImmortalPointer(table)
    }()

    private static let mostTexts = 1000
    private static let longestText = 131_072
    /// Of what goes in and of what comes out, in bytes.
    private static let largestStream = 4 << 20

    /// What a plugin asked for, checked.
    struct Order {
        var command: ChildCommand
        var input: Secret?
        var timeout: Int64
        var maximumOutput: Int
    }

    private static func run(
        _ call: CallState, _ request: UnsafePointer<tabard_process_request_v1>?, _ result: UnsafeMutablePointer<tabard_process_result_v1>?
    ) -> tabard_status {
        do throws(Failure) {
            guard let request, let result else { throw misuse("run got NULL") }
            let size = UnsafeRawPointer(request).load(as: UInt32.self)
            guard size >= MemoryLayout<tabard_process_request_v1>.size else { throw misuse("a tabard_process_request_v1 of \(size) bytes") }
            let room = UnsafeRawPointer(result).load(as: UInt32.self)
            guard room >= MemoryLayout<tabard_process_result_v1>.size else { throw misuse("a tabard_process_result_v1 of \(room) bytes") }
            try perform(order(request.pointee), for: call, into: result)
            return TABARD_OK
        } catch {
            call.context.log(error.code == .invalid ? .error : .info(4), "\(call.provider): \(error)")
            let memory = CallMemory()
            if let result, UnsafeRawPointer(result).load(as: UInt32.self) >= MemoryLayout<tabard_process_result_v1>.size {
                result.pointee.failure = memory.copy(error.reason.escapingControlCharacters())
            }
            call.emitted.withLock {
                $0.exchange = error
                $0.lent.append(memory)
            }
            return tabard_status(error.code)
        }
    }

    private static func perform(
        _ order: Order, for call: CallState, into result: UnsafeMutablePointer<tabard_process_result_v1>
    ) throws(Failure) {
        var command = order.command
        let attempting = "running a program for a plugin"
        func failure(_ code: Failure.Code, _ reason: String, advice: String = "") -> Failure {
            Failure(code, attempting: attempting, on: order.command.path, reason: reason, advice: advice)
        }
        let distrust: String?
        do throws(SystemError) {
            command.path = try FileSystem.resolvedPath(command.path)
            distrust = try call.context.trust.complaint(aboutFileAndFolders: command.path)
        } catch {
            throw failure(error.isNotFound ? .notFound : .local, error.meaning)
        }
        if let distrust { throw failure(.local, distrust, advice: "programs and the folders above them belong to root, mode 0755") }
        let deadline =
            order.timeout > 0
            ? min(call.deadline, call.clocks.monotonicNanoseconds.addingSaturated(.nanoseconds(order.timeout))) : call.deadline
        var output = SecretBuffer(capacity: 4096)
        let ending: ChildEnding
        let errors: [UInt8]
        do throws(SystemError) {
            let child = try ChildProcess(command)
            (ending, errors) = try (order.input ?? Secret("")).withBytes { (bytes) throws(SystemError) in
                try child.exchange(
                    input: bytes, until: deadline, cancellation: call.cancellation, outputLimit: order.maximumOutput
                ) { output.append($0) }
            }
        } catch {
            throw failure(error.isNotFound ? .notFound : .local, error.meaning)
        }
        switch ending {
        case .exited(let status): result.pointee.exit_status = status
        case .signalled(let number): result.pointee.exit_status = -number
        case .timedOut: throw failure(.timedOut, "it did not end in time and was killed")
        case .cancelled: throw failure(.cancelled, "the call was cancelled; it was killed")
        case .outputTooLarge: throw failure(.tooLarge, "it wrote more than \(order.maximumOutput) bytes and was killed")
        case .unknown: throw failure(.local, "its exit status went to another part of this process")
        }
        let memory = CallMemory()
        result.pointee.output = memory.copy(output.freeze())
        result.pointee.errors = errors.withUnsafeBytes { memory.copy($0) }
        call.emitted.withLock { $0.lent.append(memory) }
    }

    /// Reads what a plugin asked for; nothing runs.
    static func order(_ raw: tabard_process_request_v1) throws(Failure) -> Order {
        var field = "path"
        do throws(CText.Fault) {
            let path = try CText.required(raw.path, limit: 4096)
            guard path.hasPrefix("/") else { throw CText.Fault("is not absolute: \(path)") }
            field = "list of arguments"
            var arguments: [String] = []
            for argument in try CText.elements(raw.arguments.items, raw.arguments.count, most: mostTexts) {
                arguments.append(try CText.optional(argument, limit: longestText) ?? "")
            }
            field = "environment"
            var environment = raw.flags & UInt32(TABARD_PROCESS_INHERIT) != 0 ? Environment.all : [:]
            for variable in try CText.elements(raw.environment.items, raw.environment.count, most: mostTexts) {
                let name = try CText.required(variable.key, limit: 256)
                guard !name.contains("=") else { throw CText.Fault("has a name with an equals sign") }
                environment[name] = try CText.optional(variable.value, limit: longestText) ?? ""
            }
            field = "input"
            let input = try CText.bytes(raw.input, limit: largestStream).map { Secret(copying: $0) }
            return Order(
                command: ChildCommand(path: path, arguments: arguments, environment: environment), input: input, timeout: raw.timeout_ns,
                maximumOutput: raw.max_output > 0 ? Int(min(raw.max_output, UInt64(largestStream))) : largestStream)
        } catch {
            throw misuse("its \(field) \(error.reason)")
        }
    }

    private static func misuse(_ reason: String) -> Failure {
        Failure(.invalid, attempting: "running a program for a plugin", reason: reason)
    }
}
