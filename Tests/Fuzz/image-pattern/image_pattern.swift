import TabardCore

/// First line a pattern, second line an image.
func fuzz(_ input: UnsafeRawBufferPointer) {
    let (given, name) = twoLines(input)
    let normalised = ImagePattern.normalisedKey(of: given)
    require(normalised.utf8.count <= given.utf8.count, "normalising adds nothing")
    require(
        (try? ImagePattern(configKey: given))?.text == (try? ImagePattern(normalised))?.text, "a key is the pattern of its normalised form")
    let pattern: ImagePattern
    do {
        pattern = try ImagePattern(given)
    } catch {
        require(error.code == .invalid, "a wrong pattern is invalid input")
        require(isPrintable("\(error)"), "a failure is one printable line")
        return
    }
    require(!pattern.isMoreSpecific(than: pattern), "nothing is more specific than itself")
    require(pattern.warnings.allSatisfy { !$0.isEmpty }, "a warning says something")
    if let other = try? ImagePattern(name) {
        require(!(pattern.isMoreSpecific(than: other) && other.isMoreSpecific(than: pattern)), "specificity has one direction")
    }
    _ = pattern.matches(name: name)
    guard let image = try? ImageReference(name) else { return }
    require(pattern.matches(image) == pattern.matches(name: image.name), "an image is matched by its name")
    if let reason = pattern.nearMiss(image) {
        require(!pattern.matches(image), "what matches is no near miss")
        require(!reason.isEmpty, "a near miss has a reason")
    }
}
