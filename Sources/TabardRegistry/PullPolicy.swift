public import TabardCore

/// When the registry is asked, in the words of Kubernetes (`imagePullPolicy`).
public enum PullPolicy: String, Sendable, CaseIterable {
    /// Each time; content that is here already is not fetched again.
    case always = "Always"
    /// Only when the image is not here.
    case ifNotPresent = "IfNotPresent"
    /// Not at all: an image that is not here is an error.
    case never = "Never"

    /// What Kubernetes takes when nobody says: `Always` for `:latest`, also before a digest, and for no tag; `IfNotPresent` for other tags
    /// and for a digest alone.
    public static func standard(for image: ImageReference) -> PullPolicy { image.tag == "latest" ? .always : .ifNotPresent }
}
