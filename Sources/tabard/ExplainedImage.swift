import TabardCore
import TabardHost

/// An explanation, as text for people and as JSON for programs.
struct ExplainedImage {
    let explanation: Explanation
    /// What the registry said to each candidate; to nobody, when there is none. Empty when it was not asked.
    let answers: [Answer]
    /// The places that a pull asks before the registry, in that order.
    var mirrors: [Mirror] = []

    /// One place that a pull asks before the registry.
    struct Mirror {
        /// The image as the mirror names it.
        let image: ImageReference
        /// The credentials that are for the mirror; nil for one that is told nothing about who is asking.
        let story: ExplainedImage?
    }

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
    var json: String {
        explanation.json(
            given: explanation.image.text, candidates: candidates, answers: answers.map(\.text),
            mirrors: mirrors.map { ($0.image, $0.story?.explanation, $0.story?.answers.map(\.text) ?? []) })
    }
}
