import TabardCore
import TabardPluginKit
import TabardSystem

/// The environment variables and files that AWS's own tools read too.
struct AWSEnvironment: Sendable {
    /// The value of a variable, or nil when it is not set.
    let value: @Sendable (String) -> String?
    /// The whole of a small file; more than 256 KiB is EFBIG.
    let file: @Sendable (String) throws(SystemError) -> Secret

    /// The variables and files of this process.
    static let process = AWSEnvironment { Environment.value($0) }

    /// An environment of given variables, for tests.
    init(
        file: @escaping @Sendable (String) throws(SystemError) -> Secret = { (path) throws(SystemError) in try SmallSecretFile.read(path) },
        value: @escaping @Sendable (String) -> String?
    ) {
        self.value = value
        self.file = file
    }

    /// The first of these variables that is set and not empty.
    func text(_ names: String...) -> String? {
        for name in names {
            if let value = value(name), !value.isEmpty { return value }
        }
        return nil
    }

    /// A variable that says `true` or `false`, in any case; nil when it is not set.
    func flag(_ name: String) throws(Failure) -> Bool? {
        guard let value = text(name) else { return nil }
        return try Self.flag(value, from: name)
    }

    /// A text that is `true` or `false`, in any case.
    static func flag(_ text: String, from place: String) throws(Failure) -> Bool {
        switch text.lowercased() {
        case "true": return true
        case "false": return false
        default:
            throw Failure(
                .invalid, attempting: "reading the environment", on: place, reason: "\"\(text.prefix(40))\" is neither true nor false",
                advice: "set it to true or false, or unset it")
        }
    }

    /// This environment with another profile chosen.
    func choosing(profile: String) -> AWSEnvironment {
        let value = value
        return AWSEnvironment(file: file) { $0 == "AWS_PROFILE" ? profile : value($0) }
    }

    /// The region that is named for this process.
    func region() throws(Failure) -> String? {
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            if let region = text(name) { return try AWSRegion.checked(region, from: name) }
        }
        return nil
    }

    /// A file with nothing but a token: one line, without the white space around it.
    ///
    /// - Throws: `.invalid` when there is no such thing in it, `.local` when it cannot be read; the failure names `variable`.
    func token(in path: String, namedBy variable: String) throws(Failure) -> Secret {
        let content: Secret
        do {
            content = try file(path)
        } catch {
            throw Failure(
                .local, attempting: "reading the token file of \(variable)", on: path, reason: error.meaning,
                advice: "check that the file exists and that this process may read it")
        }
        return try Self.token(content, from: "\(variable) \(path)")
    }

    /// A token without the white space around it.
    static func token(_ content: Secret, from place: String) throws(Failure) -> Secret {
        let token = content.withBytes { bytes in
            let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
            let rest = bytes.drop(while: isBlank)
            let end = rest.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? rest.startIndex
            return Secret(copying: UnsafeRawBufferPointer(rebasing: rest[..<end]))
        }
        guard !token.isEmpty, token.withBytes({ $0.allSatisfy { (0x20...0x7E).contains($0) } }) else {
            throw Failure(
                .invalid, attempting: "reading a token", on: place, reason: "it does not hold one line of printable ASCII",
                advice: "check what writes it")
        }
        return token
    }
}
