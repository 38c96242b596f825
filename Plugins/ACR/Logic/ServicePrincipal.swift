import TabardCore

/// An identity of an application in a directory, with what proves it.
struct ServicePrincipal: Sendable {
    /// What convinces the directory. It goes there and nowhere else: neither to a registry nor to whoever asked for credentials.
    enum Proof: Sendable {
        /// A password of the application.
        case secret(Secret)
        /// A key that signs an assertion for each question.
        case certificate(ClientCertificate)
        /// A token of an issuer that the application trusts: a cluster's, for a service account.
        case assertion(Secret)
    }

    /// The directory: a GUID, or one of its domains.
    let tenant: String
    /// The application's id.
    let client: String
    /// What proves it.
    let proof: Proof
    /// Where the proof was found, for messages.
    let place: String
}
