import CTabardOpenSSL

/// What a server gave for a shorter handshake next time. Holds keys; libssl wipes them when the last reference goes.
final class TLSSession: Sendable {
    // An SSL_SESSION, which counts its users with a lock of its own. Nobody changes it.
    nonisolated(unsafe) let pointer: OpaquePointer

    /// Takes over `pointer`.
    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { tabard_tls_session_free(pointer) }
}
