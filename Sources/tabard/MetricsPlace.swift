import ArgumentParser
import TabardSystem

/// Where numbers are served: `[ADDR:]PORT`.
struct MetricsPlace {
    let address: IPAddress
    let port: Int

    /// Reads `9090`, `127.0.0.1:9090` or `[::1]:9090`.
    static func parse(_ text: String) throws -> MetricsPlace {
        let (host, port) = text.lastIndex(of: ":").map { (String(text[..<$0]), text[text.index(after: $0)...]) } ?? ("127.0.0.1", text[...])
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        guard let number = Int(port), (0...65535).contains(number), let address = IPAddress(bare), !address.isV6 || bare != host else {
            throw ValidationError("--metrics takes PORT, ADDRESS:PORT or [ADDRESS]:PORT, not \(text).")
        }
        return MetricsPlace(address: address, port: number)
    }
}
