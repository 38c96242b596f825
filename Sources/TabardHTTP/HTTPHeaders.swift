public import TabardCore

/// The fields of a request or an answer, in order, with repeated names kept.
///
/// Names compare without regard to case (RFC 9110 section 5.1). Whether names and values are fit for the wire is checked when a request
/// is sent: one with a line break or NUL is refused then, never sent.
public struct HTTPHeaders: Sendable {
    /// The fields in the order in which they were added or arrived. Names of answers are in lower case.
    public private(set) var entries: [(name: String, value: FieldValue)] = []

    /// Makes an empty list.
    public init() {}

    /// Appends a field.
    public mutating func add(_ name: String, _ value: String) { entries.append((name, .text(value))) }

    /// Appends a field whose value is never shown.
    public mutating func add(_ name: String, secret: Secret) { entries.append((name, .secret(secret))) }

    /// Removes every field with that name.
    public mutating func remove(_ name: String) { entries.removeAll { Self.isSame($0.name, name) } }

    /// The first text value of that name, or nil. Secret values are not given out as text.
    public func first(_ name: String) -> String? {
        for entry in entries {
            if case .text(let value) = entry.value, Self.isSame(entry.name, name) { return value }
        }
        return nil
    }

    /// All text values of that name, in order.
    public func all(_ name: String) -> [String] {
        entries.compactMap { entry in
            if case .text(let value) = entry.value, Self.isSame(entry.name, name) { return value }
            return nil
        }
    }

    /// Whether there is a field of that name, secret or not.
    public func contains(_ name: String) -> Bool { entries.contains { Self.isSame($0.name, name) } }

    static func isSame(_ left: String, _ right: String) -> Bool {
        left.utf8.elementsEqual(right.utf8) { $0.asciiLowercase == $1.asciiLowercase }
    }
}

extension UInt8 {
    var asciiLowercase: UInt8 { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self }

    /// tchar of RFC 9110 section 5.6.2.
    var isToken: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: "."), UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// What a field value may hold (RFC 9110 section 5.5): visible characters, space, tab and bytes above 127.
    var isFieldValue: Bool { self == 9 || (self >= 0x20 && self != 0x7F) }
}
