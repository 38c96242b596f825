/// Why something did not work: what was attempted, on what, why it failed, and what to try.
///
/// Every layer throws this one type, so that the reason that the deepest layer knew reaches the operator. No field ever holds a secret;
/// whoever fills `reason` from an answer of another system quotes only documented, bounded parts of it.
public struct Failure: Error, Sendable, Equatable {
    /// What kind of failure this is: decides exit code, retry and caching. New codes may be added.
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// The stable name, as logs and JSON show it.
        public let rawValue: String
        /// Makes a code of that name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The command line, request, configuration or another input is wrong. Trying again cannot help.
        public static let invalid = Code(rawValue: "invalid")
        /// The cloud or registry said no. Trying again will not help soon.
        public static let denied = Code(rawValue: "denied")
        /// Unreachable or overloaded. Trying again may help.
        public static let unavailable = Code(rawValue: "unavailable")
        /// A TLS server that could not prove who it is. Trying again cannot help.
        public static let untrusted = Code(rawValue: "untrusted")
        /// The deadline passed first. Trying again may help.
        public static let timedOut = Code(rawValue: "timed-out")
        /// The caller gave up.
        public static let cancelled = Code(rawValue: "cancelled")
        /// The other side answered with something unusable.
        public static let badResponse = Code(rawValue: "bad-response")
        /// The provider does not serve this image after all.
        public static let notMine = Code(rawValue: "not-mine")
        /// The thing asked for is not there.
        public static let notFound = Code(rawValue: "not-found")
        /// Bytes arrived or lie on disk that are not the ones promised.
        public static let corrupted = Code(rawValue: "corrupted")
        /// This side lacks something that is needed.
        public static let unsupported = Code(rawValue: "unsupported")
        /// Over a limit.
        public static let tooLarge = Code(rawValue: "too-large")
        /// A local resource failed: disk full, no permission, no memory.
        public static let local = Code(rawValue: "local")
        /// A broken promise inside this program or a plugin.
        public static let internalFault = Code(rawValue: "internal")
    }

    /// What kind of failure this is.
    public var code: Code
    /// What was being done, as a gerund: `asking the metadata server for a token`.
    public var attempting: String
    /// What it was done on: an image, a URL without its query, a file. Empty where `attempting` says it all.
    public var subject: String
    /// Why it failed.
    public var reason: String
    /// What the reader should try, as an imperative. Empty when nothing is known.
    public var advice: String
    /// Who failed: a provider's id, or empty.
    public var source: String
    /// The status of the HTTP answer that said no, or nil.
    public var httpStatus: Int?
    /// How long the other side asked to be left alone, or nil.
    public var retryAfter: Duration?

    /// Makes a failure; see the fields for what each text should say.
    public init(
        _ code: Code, attempting: String, on subject: String = "", reason: String, advice: String = "", source: String = "",
        httpStatus: Int? = nil, retryAfter: Duration? = nil
    ) {
        self.code = code
        self.attempting = attempting
        self.subject = subject
        self.reason = reason
        self.advice = advice
        self.source = source
        self.httpStatus = httpStatus
        self.retryAfter = retryAfter
    }

    /// Whether trying the same again later can help.
    public var isTransient: Bool { code == .unavailable || code == .timedOut }

    /// The process exit code that tells scripts the class of the failure (2 wrong input, 3 denied, 4 unavailable, else 1).
    public var exitCode: Int32 {
        switch code {
        case .invalid: 2
        case .denied: 3
        case .unavailable, .untrusted, .timedOut: 4
        default: 1
        }
    }
}

extension Failure: CustomStringConvertible {
    /// One line: who, what, on what, why, what to try. Control characters that came from elsewhere are shown escaped.
    public var description: String {
        var line = source.isEmpty ? "" : "\(source): "
        line += attempting
        if !subject.isEmpty { line += " (\(subject))" }
        line += ": \(reason)"
        if let httpStatus { line += " [HTTP \(httpStatus)]" }
        if !advice.isEmpty { line += "; \(advice)" }
        return line.escapingControlCharacters()
    }
}
