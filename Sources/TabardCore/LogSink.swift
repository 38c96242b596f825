/// Where log lines go. A value: libraries are given one and never look for a global logger.
public struct LogSink: Sendable {
    /// The verbosity up to which information is kept, as klog's `-v`.
    public let verbosity: Int
    private let receive: @Sendable (LogLine) -> Void

    /// Makes a sink that hands every kept line to `receive`, which may be called from any thread.
    public init(verbosity: Int, receive: @escaping @Sendable (LogLine) -> Void) {
        self.verbosity = verbosity
        self.receive = receive
    }

    /// A sink that keeps nothing.
    public static let silent = LogSink(verbosity: -1) { _ in }

    /// Whether a line of that level would be kept, so that costly ones need not be built.
    public func keeps(_ level: LogLevel) -> Bool { level.isKept(atVerbosity: verbosity) }

    /// Says one line. The message is built only when it is kept.
    public func callAsFunction(
        _ level: LogLevel, _ message: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
    ) {
        guard keeps(level) else { return }
        receive(LogLine(level: level, message: message(), file: file, line: line))
    }
}
