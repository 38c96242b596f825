import CTabardDigest
public import TabardCore

/// HMAC with SHA-256 (RFC 2104) under a secret key. What was made from the key is wiped at the end.
public struct HMACSHA256: ~Copyable, Sendable {
    // Owned by this value alone, which cannot be copied; on the heap, so that moving the value leaves no copies of key material behind.
    private nonisolated(unsafe) let context: UnsafeMutablePointer<tabard_hmac_sha256>

    /// Starts a computation under `key`, of any length.
    public init(key: Secret) {
        context = .allocate(capacity: 1)
        key.withBytes { tabard_hmac_sha256_init(context, $0.baseAddress, $0.count) }
    }

    deinit {
        tabard_wipe(context, MemoryLayout<tabard_hmac_sha256>.size)
        context.deallocate()
    }

    /// Takes in the next bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        tabard_hmac_sha256_update(context, bytes.baseAddress, bytes.count)
    }

    /// Takes in the UTF-8 bytes of `text`.
    public mutating func update(_ text: String) {
        var text = text
        text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }

    /// The code, for showing to others.
    public consuming func finish() -> Digest {
        Digest(
            bytes: [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
                tabard_hmac_sha256_finish(context, buffer.baseAddress)
                count = 32
            })
    }

    /// The code as a secret: a key derived from the key.
    public consuming func finishSecret() -> Secret {
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 1) { buffer in
            tabard_hmac_sha256_finish(context, buffer.baseAddress)
            defer { tabard_wipe(buffer.baseAddress, buffer.count) }
            return Secret(copying: UnsafeRawBufferPointer(buffer))
        }
    }

    /// The code of `text` under `key` as a secret, the one step of a key derivation chain.
    public static func derive(_ text: String, key: Secret) -> Secret {
        var code = HMACSHA256(key: key)
        code.update(text)
        return code.finishSecret()
    }
}
