import TabardSystem

/// Blocking work that goes on beside the test, on a thread of its own: it has begun when the test goes on, whatever the few threads that tests
/// share are busy with.
public final class Background<Value: Sendable>: Sendable {
    private let result = Monitor<Result<Value, any Error>?>(nil)

    /// Begins the work.
    public init(_ work: @escaping @Sendable () throws -> Value) throws {
        let result = result
        try WorkerThread(detached: true) {
            let outcome = Result { try work() }
            result.update { $0 = outcome }
        }
    }

    /// Waits for its end.
    public func value() throws -> Value {
        // `wait` gives nothing only at a deadline, and there is none.
        try result.wait(until: nil) { $0 }.unsafelyUnwrapped.get()
    }
}
