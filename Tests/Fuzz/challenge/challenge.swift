@testable import TabardCore

/// Fields of WWW-Authenticate: what is read has one plain spelling, which means the same.
func fuzz(_ input: UnsafeRawBufferPointer) {
    let (first, second) = twoLines(input)
    for challenge in AuthenticationChallenge.parse(fields: [first, second]) {
        require(!challenge.scheme.isEmpty && challenge.scheme == challenge.scheme.lowercased(), "a scheme is a lower-case word")
        require(challenge.token68 == nil || challenge.parameters.isEmpty, "a challenge has a token68 or parameters")
        var written = challenge.scheme
        if let token = challenge.token68 { written += " \(token)" }
        for (index, parameter) in challenge.parameters.sorted(by: { $0.key < $1.key }).enumerated() {
            require(isPrintable(parameter.value.filter { $0 != "\t" }), "a value that no header can carry")
            let escaped = parameter.value.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }
            written += "\(index == 0 ? " " : ", ")\(parameter.key)=\"\(String(escaped))\""
        }
        guard written.utf8.count <= AuthenticationChallenge.maximumFieldBytes else { continue }
        require(AuthenticationChallenge.parse(fields: [written]) == [challenge], "the plain spelling means the same")
    }
}
