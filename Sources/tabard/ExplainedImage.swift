import TabardCore
import TabardHost

/// An explanation, as text for people and as JSON for programs.
struct ExplainedImage {
    let explanation: Explanation
    /// What the registry said to each candidate; to nobody, when there is none. Empty when it was not asked.
    let answers: [Answer]

    /// What the registry said.
    enum Answer {
        case accepted(ContentDigest)
        case refused(Failure)

        /// For people and JSON: `accepted: sha256:…`, `denied: …`.
        var text: String {
            switch self {
            case .accepted(let digest): "accepted: \(digest)"
            case .refused(let failure): "\(failure.code.rawValue): \(failure)"
            }
        }
    }

    var candidates: [AuthEntry] { explanation.resolution.entries }

    /// The story as one object.
    var json: String { explanation.json(given: explanation.image.text, candidates: candidates, answers: answers.map(\.text)) }
}
