/// The clouds that Azure is: each has registries under a domain of its own, and a directory of its own.
public enum AzureCloud: String, Sendable, Hashable, CaseIterable {
    /// The one that most people mean.
    case global
    /// Operated by 21Vianet.
    case china
    /// For the government of the United States.
    case usGovernment
    /// Closed since October 2021; its names live on in images.
    case germany

    /// What the names of its registries end with.
    public var registryDomain: String {
        switch self {
        case .global: "azurecr.io"
        case .china: "azurecr.cn"
        case .usGovernment: "azurecr.us"
        case .germany: "azurecr.de"
        }
    }

    /// Where its directory gives out tokens ("National clouds", Microsoft identity platform documentation).
    public var authority: String {
        switch self {
        case .global: "https://login.microsoftonline.com"
        case .china: "https://login.partner.microsoftonline.cn"
        case .usGovernment: "https://login.microsoftonline.us"
        case .germany: "https://login.microsoftonline.de"
        }
    }
}
