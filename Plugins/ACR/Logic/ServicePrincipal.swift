import TabardCore

/// An identity of an application in a directory, with what proves it.
struct ServicePrincipal: Sendable {
    /// The directory: a GUID, or one of its domains.
    let tenant: String
    /// The application's id.
    let client: String
    /// Goes to the directory and nowhere else: neither to a registry nor to whoever asked for credentials.
    let secret: Secret
    /// Where the secret was found, for messages.
    let secretPlace: String
}
