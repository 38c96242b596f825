import CTabard
import CTabardHost
import TabardCore
import TabardHost

/// Where one call's answers go. Belongs to the calling thread.
struct Sink {
    private let data: UnsafeMutableRawPointer?
    private let takeEntry: (@convention(c) (UnsafeMutableRawPointer?, UnsafePointer<tabard_entry_v1>?) -> Void)?
    private let takeProblem: (@convention(c) (UnsafeMutableRawPointer?, UnsafePointer<tabard_problem_v1>?) -> Void)?

    /// Takes over what the embedder passed; nil drops everything.
    init(_ sink: UnsafePointer<tabard_sink_v1>?, for function: String) throws(Failure) {
        guard let sink else {
            (data, takeEntry, takeProblem) = (nil, nil, nil)
            return
        }
        let check = ArgumentCheck(function: function)
        try check.size(sink.pointee.struct_size, MemoryLayout<tabard_sink_v1>.size, of: "tabard_sink_v1")
        try check.zero(sink.pointee.reserved, "reserved of tabard_sink_v1")
        data = sink.pointee.data
        takeEntry = sink.pointee.entry
        takeProblem = sink.pointee.problem
    }

    func say(_ failure: Failure) {
        guard let takeProblem else { return }
        let memory = CallMemory()
        var problem = tabard_problem_v1()
        problem.struct_size = UInt32(MemoryLayout<tabard_problem_v1>.size)
        problem.status = tabard_status(failure.code)
        problem.source = memory.copy(failure.source)
        problem.message = memory.copy(failure.description)
        problem.retry_after_ns = failure.retryAfter?.wholeNanoseconds ?? Int64(-1)
        withUnsafePointer(to: problem) { takeProblem(data, $0) }
        withExtendedLifetime(memory) {}
    }

    func give(_ entry: AuthEntry, number: UInt64) {
        guard let takeEntry else { return }
        let memory = CallMemory()
        var given = tabard_entry_v1()
        given.struct_size = UInt32(MemoryLayout<tabard_entry_v1>.size)
        given.kind =
            switch entry.kind {
            case .basic: TABARD_ENTRY_BASIC
            case .identityToken: TABARD_ENTRY_IDENTITY_TOKEN
            case .registryToken: TABARD_ENTRY_REGISTRY_TOKEN
            }
        given.id = number
        given.registry = memory.copy(entry.pattern)
        given.username = memory.copy(entry.username)
        given.password = memory.copy(Optional(entry.password))
        given.source = memory.copy(entry.origin.description)
        given.expires_at_unix_ns = entry.expires?.unixNanoseconds ?? 0
        withUnsafePointer(to: given) { takeEntry(data, $0) }
        withExtendedLifetime(memory) {}
    }
}
