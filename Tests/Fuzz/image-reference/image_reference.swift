import TabardCore

/// An image name is refused with a reason that can be printed, or means the same when it is read again in full.
func fuzz(_ input: UnsafeRawBufferPointer) {
    let given = text(input)
    let image: ImageReference
    do {
        image = try ImageReference(given)
    } catch {
        require(error.code == .invalid, "a wrong name is invalid input")
        require(isPrintable("\(error)"), "a failure is one printable line")
        return
    }
    require(image.text == given, "the text is kept")
    require(image.repository.utf8.count <= 255, "a repository has at most 255 bytes")
    require(!image.registry.utf8.contains(UInt8(ascii: "/")), "a registry has no slash")
    require(image.description.utf8.allSatisfy { 0x21..<0x7F ~= $0 }, "a name is printable ASCII")
    require(image.tag != nil || image.digest != nil, "something says which version")
    guard let again = try? ImageReference(image.description) else { return require(false, "the full name is a name") }
    require(again == image, "the full name means the same image")
    require(again.description == image.description, "the full name is the full name of itself")
    guard let pattern = try? ImagePattern(image.name) else { return require(false, "a name is a pattern") }
    // An IPv6 address without a port is not yet told from a host with one by patterns.
    if image.registry.hasPrefix("[") && image.registry.hasSuffix("]") { return }
    require(pattern.matches(image), "a name as pattern matches itself")
}
