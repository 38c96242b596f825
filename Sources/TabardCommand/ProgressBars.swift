import Glibc
import TabardCore
import TabardSystem

/// Bars at the foot of a terminal: one for each part on its way, and a line for all of them with rate and time to go.
///
/// They are drawn by whoever tells of progress, at most ten times a second. Lines that are said appear above them. Thread-safe.
public final class ProgressBars: Sendable {
    private struct Part {
        let name: String
        let size: Int64
        var received: Int64 = 0
        var isStarted = false
        var isDone = false
    }

    private struct State {
        var parts: [Part] = []
        /// The lengths of the lines on the screen.
        var drawn: [Int] = []
        var drawnAt = Int64.min
        /// When the first byte came, and how many have come since: what was here before has no rate.
        var startedAt: Int64?
        var arrived: Int64 = 0
    }

    private let clocks: any Clocks
    private let columns: @Sendable () -> Int
    private let write: @Sendable (String) -> Void
    private let state = Monitor(State())

    private static let interval: Int64 = 100_000_000
    /// More parts at the same time than this are only counted.
    private static let maximumBars = 12

    /// Bars on the terminal behind standard error, or nil where there is none that can move its cursor.
    public static func onStandardError(environment: (String) -> String?) -> ProgressBars? {
        guard isatty(2) == 1, let terminal = environment("TERM"), !terminal.isEmpty, terminal != "dumb" else { return nil }
        // Asked for anew at each drawing: terminals are resized.
        return ProgressBars(clocks: SystemClocks(), columns: { Self.terminalColumns }, write: StandardErrorLog.writeRaw)
    }

    /// - Parameters:
    ///   - columns: The width of the terminal now.
    ///   - write: Puts text with control sequences (ECMA-48) onto it.
    init(clocks: any Clocks, columns: @escaping @Sendable () -> Int, write: @escaping @Sendable (String) -> Void) {
        self.clocks = clocks
        self.columns = columns
        self.write = write
    }

    private static var terminalColumns: Int {
        var size = winsize()
        guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// A part that is wanted; its size in bytes. The name must be free of control characters.
    public func add(_ name: String, size: Int64) {
        state.withLock { state in
            guard !state.parts.contains(where: { $0.name == name }) else { return }
            state.parts.append(Part(name: name, size: size))
        }
    }

    /// Bytes of a part are here from earlier: they count for what is left, and not for the rate.
    public func resume(_ name: String, at count: Int64) {
        state.withLock { _ = Self.receive(count, of: name, &$0) }
    }

    private static func receive(_ count: Int64, of name: String, _ state: inout State) -> Bool {
        guard let index = state.parts.firstIndex(where: { $0.name == name }) else { return false }
        state.parts[index].isStarted = true
        state.parts[index].received = min(state.parts[index].received.addingSaturated(count), state.parts[index].size)
        return true
    }

    /// Bytes of a part have come.
    public func advance(_ name: String, by count: Int) {
        state.withLock { state in
            guard Self.receive(Int64(count), of: name, &state) else { return }
            let now = clocks.monotonicNanoseconds
            if state.startedAt == nil { state.startedAt = now } else { state.arrived += Int64(count) }
            if state.drawnAt == .min || now - state.drawnAt >= Self.interval { draw(&state, after: "") }
        }
    }

    /// A part is whole.
    public func finish(_ name: String) {
        state.withLock { state in
            guard let index = state.parts.firstIndex(where: { $0.name == name }) else { return }
            state.parts[index].received = state.parts[index].size
            state.parts[index].isDone = true
        }
    }

    /// Puts a line above the bars.
    public func say(_ line: String) { state.withLock { draw(&$0, after: line + "\n") } }

    /// Takes the bars from the screen; what is told later puts them there again.
    public func clear() {
        state.withLock { state in
            write(Self.erasing(state.drawn, columns: columns()))
            state.drawn = []
            state.parts = []
            state.startedAt = nil
            state.arrived = 0
        }
    }

    // MARK: Drawing

    private func draw(_ state: inout State, after text: String) {
        let columns = max(columns(), 20)
        let now = clocks.monotonicNanoseconds
        let lines = Self.lines(state, columns: columns, now: now)
        write(Self.erasing(state.drawn, columns: columns) + text + lines.map { $0 + "\n" }.joined())
        state.drawn = lines.map(\.utf8.count)
        // The first bar comes at once, however lately a line was said.
        if !lines.isEmpty { state.drawnAt = now }
    }

    /// Goes back over the lines on the screen, which a terminal that became narrower has broken.
    private static func erasing(_ drawn: [Int], columns: Int) -> String {
        let rows = drawn.reduce(0) { $0 + max(1, ($1 + columns - 1) / max(columns, 1)) }
        return rows == 0 ? "" : "\r\u{1B}[\(rows)A\u{1B}[J"
    }

    private static func lines(_ state: State, columns: Int, now: Int64) -> [String] {
        let active = state.parts.filter { $0.isStarted && !$0.isDone }
        guard !active.isEmpty else { return [] }
        var lines = active.prefix(maximumBars).map { part in
            bar(part.name, part.received, part.size, [amount(part.received, part.size)], columns)
        }
        let size = state.parts.reduce(Int64(0)) { $0.addingSaturated($1.size) }
        let received = state.parts.reduce(Int64(0)) { $0.addingSaturated($1.received) }
        var texts = [amount(received, size)]
        let seconds = Double(now - (state.startedAt ?? now)) / 1e9
        if seconds >= 0.5, state.arrived > 0 {
            let rate = Double(state.arrived) / seconds
            let left = "  \(Self.time(Double(size - received) / rate)) left"
            texts = ["\(texts[0])  \(ByteCount.text(Int64(rate)))/s\(left)", texts[0] + left, texts[0]]
        }
        let done = state.parts.count { $0.isDone }
        lines.append(bar("\(done) of \(state.parts.count)", received, size, texts, columns))
        return lines
    }

    private static func amount(_ received: Int64, _ size: Int64) -> String { "\(ByteCount.text(received)) / \(ByteCount.text(size))" }

    /// - Parameter texts: What to say, from the longest to the shortest: the first that fits. A narrow terminal has the share only.
    private static func bar(_ name: String, _ received: Int64, _ size: Int64, _ texts: [String], _ columns: Int) -> String {
        let label = name + String(repeating: " ", count: max(0, 13 - name.utf8.count))
        // One column stays free: some terminals break a line that fills the last one.
        let width = columns - 1 - label.utf8.count
        let share = "\(size == 0 ? 100 : Int((Double(received) / Double(size) * 100).rounded(.down)))%"
        let text = texts.first { $0.utf8.count <= width } ?? share
        let room = width - text.utf8.count - 3
        guard room >= 6 else { return String("\(label)\(text)".prefix(columns - 1)) }
        let filled = size == 0 ? room : Int((Double(received) / Double(size) * Double(room)).rounded(.down))
        return "\(label)[\(String(repeating: "=", count: filled))\(String(repeating: " ", count: room - filled))] \(text)"
    }

    private static func time(_ seconds: Double) -> String {
        let whole = Int64(min(seconds.rounded(.up), 359_999))
        let rest = whole % 60
        if whole < 60 { return "\(whole)s" }
        if whole < 3600 { return "\(whole / 60)m\(rest < 10 ? "0" : "")\(rest)s" }
        return "\(whole / 3600)h\(whole / 60 % 60 < 10 ? "0" : "")\(whole / 60 % 60)m"
    }
}
