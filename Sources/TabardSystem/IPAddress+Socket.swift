import Glibc

extension IPAddress {
    /// Lends the address with a port in the form that the socket calls take.
    func withSocketAddress<Result>(port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        func lend<Place>(_ place: Place) -> Result {
            withUnsafePointer(to: place) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<Place>.size)) }
            }
        }
        let number = in_port_t(truncatingIfNeeded: port).bigEndian
        if isV6 {
            var place = sockaddr_in6()
            place.sin6_family = sa_family_t(AF_INET6)
            place.sin6_port = number
            withUnsafeMutableBytes(of: &place.sin6_addr) { $0.copyBytes(from: bytes) }
            return lend(place)
        }
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = number
        withUnsafeMutableBytes(of: &place.sin_addr) { $0.copyBytes(from: bytes) }
        return lend(place)
    }
}
