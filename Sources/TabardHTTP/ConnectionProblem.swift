import TabardSystem

/// Why bytes did not go through a connection.
enum ConnectionProblem: Error {
    /// The deadline, a cancellation, or what TCP says.
    case wait(WaitError)
    /// TCP ended where TLS had not: nobody knows whether more was to come.
    case cut
    /// TLS says no.
    ///
    /// - Parameters:
    ///   - verifyResult: X509_V_ERR_… of OpenSSL's x509_vfy.h when the certificate is the reason, else 0.
    ///   - text: OpenSSL's words.
    case tls(verifyResult: Int, text: String)

    /// Whether the connection is at fault, and not our patience.
    var isOfConnection: Bool {
        switch self {
        case .wait(.timedOut), .wait(.cancelled): false
        case .wait(.failed), .cut, .tls: true
        }
    }
}
