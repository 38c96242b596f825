package import CTabard
package import TabardCore

extension tabard_status {
    /// The number that tells a plugin how one of the host's own services failed.
    package init(_ code: Failure.Code) {
        self =
            switch code {
            case .invalid: TABARD_E_INVALID
            case .denied: TABARD_E_DENIED
            case .unavailable, .untrusted: TABARD_E_UNAVAILABLE
            case .timedOut: TABARD_E_DEADLINE
            case .cancelled: TABARD_E_CANCELLED
            case .badResponse, .corrupted: TABARD_E_BAD_RESPONSE
            case .notMine: TABARD_E_NOT_MINE
            case .unsupported: TABARD_E_UNSUPPORTED
            case .tooLarge: TABARD_E_TOO_LARGE
            case .notFound: TABARD_E_NOT_FOUND
            case .local: TABARD_E_LOCAL
            default: TABARD_E_INTERNAL
            }
    }

    /// Whether it says that the work was done. Positive numbers are for later versions and mean so too.
    var isOK: Bool { rawValue >= 0 }

    /// What kind of failure a plugin means. Numbers that nobody has defined are the plugin's own fault.
    var failureCode: Failure.Code {
        switch self {
        case TABARD_E_INVALID: .invalid
        case TABARD_E_NO_MEMORY, TABARD_E_LOCAL: .local
        case TABARD_E_NOT_FOUND: .notFound
        case TABARD_E_UNSUPPORTED: .unsupported
        case TABARD_E_NOT_MINE: .notMine
        case TABARD_E_DENIED: .denied
        case TABARD_E_UNAVAILABLE: .unavailable
        case TABARD_E_BAD_RESPONSE: .badResponse
        case TABARD_E_CANCELLED: .cancelled
        case TABARD_E_DEADLINE: .timedOut
        case TABARD_E_TOO_LARGE: .tooLarge
        default: .internalFault
        }
    }

    /// The number as tabard.h names it, for a failure that came without a message.
    var name: String {
        switch self {
        case TABARD_E_INTERNAL: "TABARD_E_INTERNAL"
        case TABARD_E_INVALID: "TABARD_E_INVALID"
        case TABARD_E_NO_MEMORY: "TABARD_E_NO_MEMORY"
        case TABARD_E_UNSUPPORTED: "TABARD_E_UNSUPPORTED"
        case TABARD_E_NOT_MINE: "TABARD_E_NOT_MINE"
        case TABARD_E_DENIED: "TABARD_E_DENIED"
        case TABARD_E_UNAVAILABLE: "TABARD_E_UNAVAILABLE"
        case TABARD_E_BAD_RESPONSE: "TABARD_E_BAD_RESPONSE"
        case TABARD_E_CANCELLED: "TABARD_E_CANCELLED"
        case TABARD_E_DEADLINE: "TABARD_E_DEADLINE"
        case TABARD_E_TOO_LARGE: "TABARD_E_TOO_LARGE"
        case TABARD_E_NOT_FOUND: "TABARD_E_NOT_FOUND"
        case TABARD_E_LOCAL: "TABARD_E_LOCAL"
        default: "the unknown status \(rawValue)"
        }
    }
}
