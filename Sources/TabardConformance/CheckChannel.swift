import TabardSystem

/// What the process that runs one check says to the one that started it: where it is, and at the end what it found.
struct CheckChannel: ~Copyable {
    private let answer: FileDescriptor

    init(_ answer: consuming FileDescriptor) { self.answer = answer }

    /// What the plugin is about to do, in case that it does not come back.
    func at(_ place: String) { write("at \(place)") }

    /// The plugin does it right.
    func pass(_ detail: String) { write("pass \(detail)") }

    /// It does not.
    func fail(_ detail: String) { write("fail \(detail)") }

    private func write(_ line: String) {
        var text = line.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: " ") + "\n"
        // Who started this process has gone when it fails, and nobody is left to tell.
        text.withUTF8 { bytes in _ = try? answer.writeAll(UnsafeRawBufferPointer(bytes)) }
    }
}
