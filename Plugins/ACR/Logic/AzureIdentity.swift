import TabardCore

/// Who asks for a registry's token.
enum AzureIdentity: Sendable {
    /// An application that proves itself to Entra ID.
    case principal(ServicePrincipal)
    /// What Azure gave to this machine.
    case managed(ManagedIdentity)

    /// The directory, as far as it is known: a managed identity does not need it.
    var tenant: String? {
        switch self {
        case .principal(let principal): principal.tenant
        case .managed(let identity): identity.tenant
        }
    }

    /// For messages, behind "the token of" and "as".
    var words: String {
        switch self {
        case .principal(let principal): "client \(principal.client), tenant \(principal.tenant)"
        case .managed(let identity): identity.words
        }
    }
}
