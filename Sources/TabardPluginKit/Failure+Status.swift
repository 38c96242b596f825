internal import CTabard
internal import TabardCore

extension Failure {
    /// The number that tells a host what kind of failure this is.
    var status: tabard_status {
        switch code {
        case .invalid: TABARD_E_INVALID
        case .denied: TABARD_E_DENIED
        case .unavailable: TABARD_E_UNAVAILABLE
        case .timedOut: TABARD_E_DEADLINE
        case .cancelled: TABARD_E_CANCELLED
        case .badResponse, .corrupted: TABARD_E_BAD_RESPONSE
        case .notMine: TABARD_E_NOT_MINE
        case .notFound: TABARD_E_NOT_FOUND
        case .unsupported: TABARD_E_UNSUPPORTED
        case .tooLarge: TABARD_E_TOO_LARGE
        case .local: TABARD_E_LOCAL
        default: TABARD_E_INTERNAL
        }
    }

    /// What is wanted of the reader of a failing status of a host function.
    static func code(of status: tabard_status) -> Code {
        switch status {
        case TABARD_E_INVALID: .invalid
        case TABARD_E_DENIED: .denied
        case TABARD_E_UNAVAILABLE: .unavailable
        case TABARD_E_DEADLINE: .timedOut
        case TABARD_E_CANCELLED: .cancelled
        case TABARD_E_BAD_RESPONSE: .badResponse
        case TABARD_E_NOT_MINE: .notMine
        case TABARD_E_NOT_FOUND: .notFound
        case TABARD_E_UNSUPPORTED: .unsupported
        case TABARD_E_TOO_LARGE: .tooLarge
        case TABARD_E_LOCAL, TABARD_E_NO_MEMORY: .local
        default: .internalFault
        }
    }
}

extension tabard_status {
    /// Whether it is a failure: every negative number, also those that this version does not know.
    var isFailure: Bool { rawValue < 0 }
}
