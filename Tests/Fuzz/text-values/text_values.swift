import TabardCore

/// The small values that are read from text: what is accepted is written as a text that means the same.
func fuzz(_ input: UnsafeRawBufferPointer) {
    let given = text(input)
    for alphabet in [Base64.Alphabet.standard, .url] {
        let encoded = Base64.encode(input, alphabet: alphabet)
        require(Base64.decode(encoded, alphabet: alphabet)?.hasSameBytes(as: Secret(copying: input)) == true, "Base64 comes back")
        let bare = Base64.encode(input, alphabet: alphabet, padding: false)
        require(Base64.decode(bare, alphabet: alphabet, padding: .forbidden) != nil, "Base64 without padding comes back")
        if let decoded = Base64.decode(input, alphabet: alphabet) {
            let again = decoded.withBytes { Base64.encode($0, alphabet: alphabet) }
            require(again.utf8.elementsEqual(input), "Base64 has one spelling for each value")
        }
    }
    if let duration = try? GoDuration.parse(given) {
        require((try? GoDuration.parse(GoDuration.format(duration))) == duration, "a duration comes back")
    }
    // Before 1700 and after 2260 the type ends, and reading gives the nearest moment.
    if let time = UTCTime(rfc3339: given), 1700...2260 ~= time.year {
        require(UTCTime(rfc3339: time.rfc3339) == time, "an RFC 3339 time comes back")
    }
    if let time = UTCTime(httpDate: given), 1700...2260 ~= time.year {
        require(UTCTime(httpDate: time.httpDate) == time, "an HTTP date comes back")
    }
    require(PercentEncoding.decode(PercentEncoding.encode(given)) == given, "percent-encoding comes back")
    _ = PercentEncoding.decode(given)
    if let digest = try? ContentDigest(given) { require(digest.description == given, "a digest has one spelling") }
}
