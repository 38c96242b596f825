import CTabard
import TabardCore

/// The embedder's log function, until the handle is closed.
final class HandleLog: @unchecked Sendable {
    // Written once; the embedder has promised that both may be used from any thread until the handle is closed, which `gate` waits for.
    private let data: UnsafeMutableRawPointer?
    private let function: (@convention(c) (UnsafeMutableRawPointer?, tabard_log_level, UnsafePointer<CChar>?, Int) -> Void)?
    let gate = CallGate()

    init(
        _ function: (@convention(c) (UnsafeMutableRawPointer?, tabard_log_level, UnsafePointer<CChar>?, Int) -> Void)?,
        data: UnsafeMutableRawPointer?
    ) {
        self.function = function
        self.data = data
    }

    /// What the parts of the host write to.
    var sink: LogSink {
        guard function != nil else { return .silent }
        return LogSink(verbosity: 4) { [self] line in say(line) }
    }

    private func say(_ line: LogLine) {
        guard let function, gate.enter() else { return }
        defer { gate.leave() }
        let level =
            switch line.level {
            case .error: TABARD_LOG_ERROR
            case .warning: TABARD_LOG_WARN
            case .info(let verbosity): verbosity <= 2 ? TABARD_LOG_INFO : TABARD_LOG_DEBUG
            }
        var text = line.message.escapingControlCharacters()
        text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { function(data, level, $0.baseAddress, $0.count) }
        }
    }
}
