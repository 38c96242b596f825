import TabardCore
import Testing

@Suite struct FormBodyTests {
    @Test func `fields are escaped as a form, secrets too`() {
        let body = FormBody.encode([
            ("grant_type", .text("client_credentials")), ("scope", .text("https://x/.default a+b~*")),
            ("client secret", .secret(Secret("p&=% é"))), ("empty", .text("")),
        ])
        #expect(
            body.withBytes { String(decoding: $0, as: UTF8.self) }
                == "grant_type=client_credentials&scope=https%3A%2F%2Fx%2F.default+a%2Bb~%2A&client+secret=p%26%3D%25+%C3%A9&empty=")
        #expect(FormBody.encode([]).isEmpty)
    }
}
