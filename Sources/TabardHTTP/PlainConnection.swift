import Glibc
import TabardSystem

/// One TCP connection of the plain transport with the buffer that its answers arrive in.
///
/// Used by one exchange at a time: whoever takes it out of the pool is alone with it until it is given back.
final class PlainConnection: @unchecked Sendable {
    static let bufferSize = 512 << 10

    let socket: StreamSocket
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 1)
    private var used = 0

    init(_ socket: consuming StreamSocket) { self.socket = socket }

    deinit {
        wipe()
        buffer.deallocate()
    }

    /// Reads into the front of the buffer, at most `size` bytes.
    func read(_ size: Int, until limit: WaitLimit) throws(WaitError) -> UnsafeRawBufferPointer {
        let count = try socket.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<size]), until: limit)
        used = max(used, count)
        return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }

    /// Overwrites what answers have left.
    func wipe() {
        if let base = buffer.baseAddress { explicit_bzero(base, used) }
        used = 0
    }
}
