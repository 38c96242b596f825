import TabardSystem
import Testing

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("10.0.0.1", "10.0.0.1"), ("::1", "::1"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("::ffff:10.0.0.1", "10.0.0.1"),
        ("::FFFF:a00:1", "10.0.0.1"),
    ])
    func `reads and writes the usual text`(_ text: String, _ canonical: String) throws {
        #expect(try #require(IPAddress(text)).description == canonical)
    }

    @Test(arguments: ["", "10.0.0", "10.0.0.256", "010.0.0.1", "0x7f.0.0.1", "10.0.0.1/8", "[::1]", "::1%lo", "localhost", "1.2.3.4 "])
    func `refuses what is no address`(_ text: String) { #expect(IPAddress(text) == nil) }

    @Test(arguments: [
        ("127.0.0.1", true, false), ("127.255.0.9", true, false), ("128.0.0.1", false, false), ("::1", true, false), ("::2", false, false),
        ("::ffff:127.0.0.1", true, false), ("169.254.0.1", false, true), ("169.253.0.1", false, false), ("fe80::1", false, true),
        ("febf::1", false, true), ("fec0::1", false, false), ("::ffff:169.254.169.254", false, true),
    ])
    func `tells loopback and link-local`(_ text: String, _ isLoopback: Bool, _ isLinkLocal: Bool) throws {
        let address = try #require(IPAddress(text))
        #expect(address.isLoopback == isLoopback)
        #expect(address.isLinkLocal == isLinkLocal)
    }

    @Test(arguments: [
        ("10.1.2.3", "10.0.0.0", 8, true), ("11.1.2.3", "10.0.0.0", 8, false), ("10.127.0.0", "10.0.0.0", 9, true),
        ("10.128.0.0", "10.0.0.0", 9, false), ("10.0.0.1", "10.0.0.1", 32, true), ("10.0.0.2", "10.0.0.1", 32, false),
        ("1.2.3.4", "9.9.9.9", 0, true), ("1.2.3.4", "::", 0, false), ("2001:db8::1", "2001:db8::", 32, true),
        ("2001:db9::1", "2001:db8::", 32, false), ("10.0.0.1", "10.0.0.1", 33, false), ("10.0.0.1", "10.0.0.1", -1, false),
    ])
    func `compares the bits of a network`(_ address: String, _ network: String, _ prefix: Int, _ isInside: Bool) throws {
        #expect(try #require(IPAddress(address)).isInside(try #require(IPAddress(network)), prefix: prefix) == isInside)
    }
}
