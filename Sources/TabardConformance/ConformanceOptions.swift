/// What the author of a plugin may add to what the checks find out by themselves.
public struct ConformanceOptions: Sendable {
    /// `ID.KEY=VALUE`: settings of a provider; without any, values are made up from the kinds of the settings.
    public var sets: [String] = []
    /// An image to ask about, instead of those made up from the patterns.
    public var image: String?
    /// The only checks to make; all without any.
    public var checks: [Check] = Check.allCases

    /// The defaults.
    public init() {}
}
