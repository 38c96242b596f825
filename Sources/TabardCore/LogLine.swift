/// One thing worth saying, before it has a time and a process.
public struct LogLine: Sendable {
    /// How loud.
    public let level: LogLevel
    /// One line, without secrets.
    public let message: String
    /// The place in the source that said it, as `Module/File.swift`.
    public let file: StaticString
    /// The line in that file.
    public let line: UInt

    /// Makes a line.
    public init(level: LogLevel, message: String, file: StaticString, line: UInt) {
        self.level = level
        self.message = message
        self.file = file
        self.line = line
    }

    /// The line in klog's header format: `I1122 20:31:00.123456    4242 ProviderRegistry.swift:56] message`.
    ///
    /// - Parameters:
    ///   - time: UTC.
    ///   - process: The process id; klog pads it to seven columns.
    public func klog(at time: UTCTime, process: Int32) -> String {
        var name = "\(file)"
        if let slash = name.lastIndex(of: "/") { name = String(name[name.index(after: slash)...]) }
        let header =
            "\(level.letter)\(padded(time.month, 2))\(padded(time.day, 2)) "
            + "\(padded(time.hour, 2)):\(padded(time.minute, 2)):\(padded(time.second, 2)).\(padded(time.nanosecond / 1000, 6)) "
        return header + padded(Int(process), 7, with: " ") + " \(name):\(line)] \(message.escapingControlCharacters())"
    }

    private func padded(_ number: Int, _ width: Int, with filler: Character = "0") -> String {
        let digits = String(number)
        return String(repeating: filler, count: max(0, width - digits.count)) + digits
    }
}
