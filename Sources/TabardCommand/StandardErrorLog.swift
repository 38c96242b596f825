import Glibc
public import TabardCore
import TabardJSON
import TabardSystem

/// Log lines on standard error, for people or machines. A warning or error that repeats is said once a minute, with the number of times.
public enum StandardErrorLog {
    /// How a line looks.
    public enum Format: String, Sendable, CaseIterable {
        /// klog's header, then the message.
        case klog
        /// One JSON object a line.
        case json
    }

    private struct Repetition {
        var saidAt: Int64
        var held = 0
    }

    /// Makes the sink.
    public static func sink(verbosity: Int, format: Format) -> LogSink {
        let repetitions = Monitor<[String: Repetition]>([:])
        return LogSink(verbosity: verbosity) { line in
            let clocks = SystemClocks()
            var suffix = ""
            if case .info = line.level {
            } else {
                let now = clocks.monotonicNanoseconds
                let held = repetitions.withLock { repetitions -> Int? in
                    if var known = repetitions[line.message], now - known.saidAt < 60_000_000_000 {
                        known.held += 1
                        repetitions[line.message] = known
                        return nil
                    }
                    let held = repetitions.updateValue(Repetition(saidAt: now), forKey: line.message)?.held ?? 0
                    // Not a history: messages that have not come back are forgotten.
                    if repetitions.count > 256 { repetitions = repetitions.filter { now - $0.value.saidAt < 60_000_000_000 } }
                    return held
                }
                guard let held else { return }
                if held > 0 { suffix = " (and \(held) times more in the minute before)" }
            }
            let time = UTCTime(unixNanoseconds: clocks.unixNanoseconds)
            let text = LogLine(level: line.level, message: line.message + suffix, file: line.file, line: line.line)
            write(format == .klog ? text.klog(at: time, process: getpid()) : json(text, at: time))
        }
    }

    private static let diversion = Monitor<(@Sendable (String) -> Void)?>(nil)

    /// Gives all lines, without their ends, to somebody who keeps something below them on the screen; nil for nobody.
    ///
    /// A closure and not a type, so that programs without such a thing do not carry it.
    public static func divert(to writer: (@Sendable (String) -> Void)?) { diversion.withLock { $0 = writer } }

    /// Writes one line to standard error in one piece, so that lines of several threads or processes do not mix.
    public static func write(_ line: String) {
        if let writer = diversion.read({ $0 }) { writer(line) } else { writeRaw(line + "\n") }
    }

    static func writeRaw(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            // Nobody is left to tell when standard error fails.
            _ = Glibc.write(2, bytes.baseAddress, bytes.count)
        }
    }

    private static func json(_ line: LogLine, at time: UTCTime) -> String {
        var json = JSONWriter()
        json.object { json in
            json.field("ts", time.rfc3339)
            switch line.level {
            case .error: json.field("severity", "error")
            case .warning: json.field("severity", "warning")
            case .info(let verbosity):
                json.field("severity", "info")
                json.field("v", verbosity)
            }
            json.field("caller", "\(line.file):\(line.line)")
            json.field("msg", line.message)
        }
        return String(decoding: json.finishBytes(), as: UTF8.self)
    }
}
