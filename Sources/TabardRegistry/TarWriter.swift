import Glibc
import TabardSystem

/// Writes a tar stream of regular files and folders (POSIX.1-2017 pax, "ustar Interchange Format"), the same bytes for the same content.
struct TarWriter: ~Copyable {
    private let write: (UnsafeRawBufferPointer) throws(SystemError) -> Void
    private static let block = 512
    /// The largest size that eleven octal digits hold; above it a pax header says it.
    private static let largestPlainSize: Int64 = 0o77_777_777_777

    /// - Parameter write: Takes the stream piece by piece.
    init(_ write: @escaping (UnsafeRawBufferPointer) throws(SystemError) -> Void) { self.write = write }

    /// Adds a folder.
    func folder(_ name: String) throws(SystemError) { try put(header(name + "/", size: 0, type: "5", mode: 0o755)) }

    /// Adds a file whose bytes are at hand.
    func file(_ name: String, _ bytes: [UInt8]) throws(SystemError) {
        try begin(name, size: Int64(bytes.count))
        try put(bytes)
        try pad(Int64(bytes.count))
    }

    /// Adds a file with the content of another, of exactly `size` bytes.
    func file(_ name: String, copying source: borrowing FileDescriptor, size: Int64) throws(SystemError) {
        try begin(name, size: size)
        var problem: SystemError?
        var count: Int64 = 0
        try source.readPieces(of: 1 << 20) { piece in
            count += Int64(piece.count)
            guard count <= size else { return false }
            do throws(SystemError) { try write(piece) } catch { problem = error }
            return problem == nil
        }
        if let problem { throw problem }
        guard count == size else { throw SystemError("read", on: name, number: EIO) }
        try pad(size)
    }

    /// Ends the stream.
    consuming func end() throws(SystemError) { try put([UInt8](repeating: 0, count: 2 * Self.block)) }

    private func begin(_ name: String, size: Int64) throws(SystemError) {
        if size > Self.largestPlainSize {
            let record = Self.record("size", String(size))
            try put(header("PaxHeaders/size", size: Int64(record.count), type: "x", mode: 0o644))
            try put(record)
            try pad(Int64(record.count))
        }
        try put(header(name, size: min(size, Self.largestPlainSize), type: "0", mode: 0o644))
    }

    /// `LENGTH KEY=VALUE\n`, where the length counts itself.
    static func record(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n".utf8.count
        var length = rest + 1
        while String(length).utf8.count + rest != length { length = String(length).utf8.count + rest }
        return Array("\(length) \(key)=\(value)\n".utf8)
    }

    private func put(_ bytes: [UInt8]) throws(SystemError) {
        let outcome = bytes.withUnsafeBytes { content -> Result<Void, SystemError> in
            do throws(SystemError) { return .success(try write(content)) } catch { return .failure(error) }
        }
        try outcome.get()
    }

    private func pad(_ size: Int64) throws(SystemError) {
        let rest = Int(size % Int64(Self.block))
        if rest > 0 { try put([UInt8](repeating: 0, count: Self.block - rest)) }
    }

    /// Names here are ours: digests and a few words, far below the hundred bytes of the field.
    private func header(_ name: String, size: Int64, type: Character, mode: Int) -> [UInt8] {
        precondition(name.utf8.count <= 100, "a name of our own is longer than the field")
        var bytes = [UInt8](repeating: 0, count: Self.block)
        func set(_ text: String, at offset: Int) { bytes.replaceSubrange(offset..<offset + text.utf8.count, with: Array(text.utf8)) }
        set(name, at: 0)
        set(Self.octal(Int64(mode), digits: 7), at: 100)
        set(Self.octal(0, digits: 7), at: 108)
        set(Self.octal(0, digits: 7), at: 116)
        set(Self.octal(size, digits: 11), at: 124)
        set(Self.octal(0, digits: 11), at: 136)
        // The sum counts its own field as blanks.
        set("        ", at: 148)
        set(String(type), at: 156)
        set("ustar\u{0}00", at: 257)
        let sum = bytes.reduce(0) { $0 + Int64($1) }
        set(Self.octal(sum, digits: 6) + "\u{0} ", at: 148)
        return bytes
    }

    private static func octal(_ value: Int64, digits: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
