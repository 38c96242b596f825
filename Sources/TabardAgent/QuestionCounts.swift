import TabardCache

/// What an agent has been asked so far.
struct QuestionCounts: Sendable {
    /// By the form of the question and how it ended.
    private var answers: [[String]: UInt64] = [:]
    /// How long the answers took.
    private var latency = LatencyHistogram()

    /// How many there were.
    var total: UInt64 { answers.values.reduce(0, +) }

    mutating func count(form: String, outcome: String, took nanoseconds: Int64) {
        answers[[form, outcome], default: 0] += 1
        latency.add(nanoseconds: nanoseconds)
    }

    /// How many ended so, by the outcome alone.
    var outcomes: [(outcome: String, count: UInt64)] {
        var sums: [String: UInt64] = [:]
        for (key, count) in answers { sums[key[1], default: 0] += count }
        return sums.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Adds the numbers to a text.
    func add(to text: inout OpenMetricsText) {
        text.counter(
            "tabard_agent_questions", "Questions that clients asked the agent, by what they wanted and how it ended.",
            answers.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ([("form", $0.key[0]), ("outcome", $0.key[1])], $0.value) })
        text.histogram(
            "tabard_agent_answer_seconds", "How long the agent took to answer, from the end of the question on.", [([], latency)])
    }
}
