import TabardCore

/// When either side has to say something, and how long the other one waits for that. In nanoseconds.
public enum AgentTiming {
    /// How long a kubelet is told to keep an answer of the agent's at most. Nobody can take an entry out of a kubelet's memory, and asking
    /// the agent again costs two milliseconds: what a registry refuses, or the agent replaces, does not live on there for hours.
    public static let longestKeptByKubelets: Duration = .seconds(300)

    /// The agent acknowledges a question that it cannot answer at once within this time.
    public static let acknowledgement: Int64 = 50_000_000
    /// While it works it says so this often: more often when the client has little time, which waits the less for each sign.
    public static func heartbeat(left: Int64) -> Int64 { max(50_000_000, min(longestHeartbeat, left / 8)) }
    private static let longestHeartbeat: Int64 = 1_000_000_000

    /// How long a client waits for the first sign: longer than an agent needs, since a node whose pods all start at once is late with
    /// everything, and going on alone would make it later; a quarter of its time at most.
    static func patienceForFirstSign(left: Int64) -> Int64 { min(1_000_000_000, left / 4) }
    /// How long it waits for the next sign: two of three may be late. A third of its time at most, so that there is always enough of it to
    /// go on alone, until there is too little for that anyway.
    static func patienceForNextSign(left: Int64) -> Int64 { max(300_000_000, min(3 * longestHeartbeat, left / 3)) }
    /// What the client keeps of its time to hear why the agent could not answer in time.
    static func reserve(left: Int64) -> Int64 { min(250_000_000, left / 10) }
}
