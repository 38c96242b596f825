public import TabardCore

/// How far the clock of another machine is from this one's, as the Date of its answer says.
public struct ClockSkew: Sendable, Hashable {
    /// By how much the other clock is ahead; negative when it is behind.
    public let ahead: Duration

    /// Makes a skew.
    public init(ahead: Duration) { self.ahead = ahead }

    private var size: Duration { ahead < .zero ? .zero - ahead : ahead }

    /// Whether it is no more than a Date and the way of an answer can tell.
    public var isNegligible: Bool { size < .seconds(2) }
    /// Whether the clock is a likelier reason than the credentials when something dated is refused.
    public var isSuspicious: Bool { size > .seconds(240) }
}

extension ClockSkew: CustomStringConvertible {
    /// Where this machine's clock is, before the name of the other: `2h0m5s behind`, `3s ahead of`.
    public var description: String {
        "\(GoDuration.format(.seconds(size.components.seconds))) \(ahead < .zero ? "ahead of" : "behind")"
    }
}

extension PluginHTTPResponse {
    /// When the answer was made, by the other side's clock; nil when it does not say.
    private var date: UTCTime? { header("date").flatMap { UTCTime(httpDate: $0) } }

    /// The other side's clock against this machine's; nil when the answer is not dated.
    public func clockSkew(now: UTCTime) -> ClockSkew? { date.map { ClockSkew(ahead: $0.duration(since: now)) } }

    /// What is left until `moment`, a time by the other side's clock: counted from the answer's own date, so that a wrong clock here changes
    /// nothing; from `now` when the answer is not dated. Negative when it is over.
    public func remaining(until moment: UTCTime, now: UTCTime) -> Duration { moment.duration(since: date ?? now) }
}
