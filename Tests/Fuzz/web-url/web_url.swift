import TabardCore

/// First line a URL, second line a reference that is resolved against it.
func fuzz(_ input: UnsafeRawBufferPointer) {
    let (given, reference) = twoLines(input)
    checkRedaction(given)
    let url: WebURL
    do {
        url = try WebURL(given)
    } catch {
        require(error.code == .invalid, "a wrong URL is invalid input")
        require(isPrintable("\(error)"), "a failure is one printable line")
        return
    }
    check(url)
    guard let target = try? url.resolving(reference) else { return }
    check(target)
    if reference.utf8.first == UInt8(ascii: "?") || (reference.utf8.first == UInt8(ascii: "/") && !reference.utf8.starts(with: "//".utf8)) {
        require(target.origin == url.origin, "a path leads to the same origin")
    }
    if let itself = try? url.resolving("\(target)") { require(itself.description == target.description, "a whole URL stays what it is") }
}

private func check(_ url: WebURL) {
    // Nothing that could end a request line or a header.
    require(url.description.utf8.allSatisfy { 0x21..<0x7F ~= $0 }, "a URL is printable ASCII")
    require(!url.target.utf8.contains(UInt8(ascii: "#")), "a request has no fragment")
    require(url.path.utf8.first == UInt8(ascii: "/"), "a path starts with a slash")
    require(1...65535 ~= url.port, "a port is a port")
    require(!url.host.isEmpty && !url.host.utf8.contains { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 }, "a host is lower-case")
    require(!url.authority.utf8.contains(UInt8(ascii: "@")), "an authority has no user")
    guard let again = try? WebURL(url.description) else { return require(false, "a URL can be read again") }
    require(again.origin == url.origin && again.target == url.target, "a URL read again is the same")
    require(again.isLoopback == url.isLoopback, "a URL read again leads to the same machine")
}

private func checkRedaction(_ given: String) {
    let separator = given.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
    let redacted = WebURL.redacting("\(given)\(separator)X-Amz-Signature=Fuzzed0Mark")
    require(!redacted.contains("Fuzzed0Mark"), "a log shows no signature")
}
