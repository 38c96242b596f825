import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardHTTP

@Suite struct MetadataNameTests {
    @Test(arguments: [
        ("http://metadata.google.internal/computeMetadata/v1/", Failure.Code.unavailable),
        ("http://metadata.google.internal:8080/", .invalid),
        ("http://metadata.example/", .invalid), ("http://metadata.google.internal.example/", .invalid),
    ])
    func `plain HTTP goes to the names of metadata servers only`(url: String, code: Failure.Code) async throws {
        let client = HTTPClient(
            configuration: HTTPConfiguration { _ in nil }, clocks: SystemClocks(), log: .silent,
            resolver: NameResolver { _ in .failure(.failed("no such name")) })
        let request = HTTPRequest(url: try WebURL(url), isMetadata: true)
        let failure = await #expect(throws: Failure.self) {
            try await onThread { try client.perform(request, until: .max, cancellation: nil) }
        }
        #expect(failure?.code == code)
    }
}
