import CTabardSystem

/// Says whose code crashed, in one line on standard error, before the process dies of it.
///
/// For executables of our own: a library leaves signals to its host and never calls `install`.
public enum CrashReport {
    /// Room for the handler and for what the kernel saves of a processor with wide registers.
    private static let stackSize = 32_768

    /// From now on a crash while `naming` runs is reported. The signal's own effect, the end of the process, stays.
    public static func install(program: StaticString) {
        let count = program.utf8CodeUnitCount
        program.utf8Start.withMemoryRebound(to: CChar.self, capacity: count + 1) { tabard_crash_install($0) }
    }

    /// Runs `body`, which is `label`'s code: `the plugin libx.so, in provide() of x,`.
    public static func naming<Result, Problem: Error>(
        _ label: @autoclosure () -> String, _ body: () throws(Problem) -> Result
    ) throws(Problem) -> Result {
        guard tabard_crash_is_installed() != 0 else { return try body() }
        let stack = UnsafeMutableRawPointer.allocate(byteCount: stackSize, alignment: 16)
        defer { stack.deallocate() }
        let text = Array(label().utf8CString)
        return try text.withUnsafeBufferPointer { (text) throws(Problem) in
            var scope = tabard_crash_scope()
            tabard_crash_enter(&scope, text.baseAddress, stack, stackSize)
            defer { tabard_crash_leave(&scope) }
            return try body()
        }
    }
}
