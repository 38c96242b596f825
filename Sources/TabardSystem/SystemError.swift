import Glibc

/// A system call that failed.
public struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The call, as its manual page names it.
    public let call: String
    /// What it was called on: a path, an address. May be empty.
    public let subject: String
    /// `errno`.
    public let number: Int32

    /// Makes an error from `errno` as it stands, or from `number` for the calls that return theirs.
    public init(_ call: String, on subject: String = "", number: Int32? = nil) {
        self.number = number ?? errno
        self.call = call
        self.subject = subject
    }

    /// Whether there is nothing of that name (ENOENT, or ENOTDIR on the way to it).
    public var isNotFound: Bool { number == ENOENT || number == ENOTDIR }

    /// What the number means: `No such file or directory`.
    public var meaning: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// `open /x: No such file or directory`.
    public var description: String { subject.isEmpty ? "\(call): \(meaning)" : "\(call) \(subject): \(meaning)" }
}
