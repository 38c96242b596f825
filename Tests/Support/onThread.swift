import TabardSystem

/// Runs blocking work on a thread of its own and waits for it without blocking one of the few threads that tests share.
///
/// Everything that calls a plugin, waits for a condition or talks to a server in a test goes through here: on a small machine two blocked
/// tests would otherwise stop the whole run.
public func onThread<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        do {
            try WorkerThread(detached: true) { continuation.resume(with: Swift.Result { try work() }) }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}
