/// The result of a hash function, as bytes and in the lower-case hexadecimal that registries and signatures are written in.
public struct Digest: Sendable, Hashable, CustomStringConvertible {
    /// 32 bytes of SHA-256, 64 of SHA-512.
    public let bytes: [UInt8]

    /// Two lower-case hexadecimal digits for each byte.
    public var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
            for (index, byte) in bytes.enumerated() {
                buffer[index * 2] = digits[Int(byte >> 4)]
                buffer[index * 2 + 1] = digits[Int(byte & 15)]
            }
            return bytes.count * 2
        }
    }

    /// The same as `hex`.
    public var description: String { hex }
}
