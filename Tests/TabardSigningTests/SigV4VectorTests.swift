import TabardCore
import TabardJSON
import TabardTestSupport
import Testing

@testable import TabardSigning

/// A published signature, and requests on which an own signer and botocore agreed when they were recorded.
@Suite struct SigV4VectorTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let node: JSONNode
        var testDescription: String { node["name"]?.string ?? "?" }
    }

    static func cases() throws -> [Case] { try Fixtures.jsonLines("sigv4/published.jsonl").map { Case(node: $0) } }

    @Test(arguments: try cases())
    func `the signature is the published one`(_ c: Case) throws {
        let node = c.node
        var request = SigV4Request(
            method: try node.requireString("method"), host: "", path: try node.requireString("path"),
            query: try node.requireArray("query").map { (try $0.elements[0].asString(), try $0.elements[1].asString()) })
        for pair in try node.requireArray("headers") {
            let (name, value) = (try pair.elements[0].asString(), try pair.elements[1].asString())
            if name == "Host" { request.host = value } else { request.headers.append((name, .text(value))) }
        }
        let body = try node.requireString("body")
        request.payload = body.isEmpty ? .empty : .bytes(Secret(body))
        let credentials = AWSCredentials(
            accessKeyID: try node.requireString("access_key_id"), secretAccessKey: try node.requireSecret("secret_access_key"),
            sessionToken: node["session_token"]?.secret)
        let signer = SigV4Signer(region: try node.requireString("region"), service: try node.requireString("service"))
        let time = UTCTime(unixNanoseconds: try node.requireInt64("unix_seconds") * 1_000_000_000)
        var keys = SigV4KeyCache()

        let added = signer.headers(for: request, credentials: credentials, at: time, keys: &keys)
        #expect(added.text("Authorization") == (try node.requireString("authorization")))
        #expect(added.text("X-Amz-Date") == (try node.requireString("amz_date")))
        #expect((added.text("X-Amz-Security-Token") == nil) == (credentials.sessionToken == nil))

        var signed: [(name: String, value: FieldValue)] = [("x-amz-date", .text(try node.requireString("amz_date")))]
        if let token = credentials.sessionToken { signed.append(("x-amz-security-token", .secret(token))) }
        let canonical = signer.canonicalRequest(
            request, fields: signer.signedFields(of: request, adding: signed),
            query: signer.encodedQuery(request.query.map { ($0.name, .text($0.value)) }))
        #expect(canonical.withBytes { String(decoding: $0, as: UTF8.self) } == (try node.requireString("canonical_request")))
    }

    @Test func `a token added after signing changes nothing in the signature`() {
        let plain = AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("secret"))
        var withToken = plain
        withToken.sessionToken = Secret("TOK EN/+")
        let request = SigV4Request(method: "GET", host: "example.amazonaws.com")
        let time = UTCTime(unixNanoseconds: 1_440_938_160_000_000_000)
        var keys = SigV4KeyCache()
        let after = SigV4Signer(region: "us-east-1", service: "service", options: SigV4Options(sessionToken: .addedAfterSigning))
        let headers = after.headers(for: request, credentials: withToken, at: time, keys: &keys)
        #expect(headers.text("X-Amz-Security-Token") == "TOK EN/+")
        #expect(
            headers.text("Authorization")
                == after.headers(for: request, credentials: plain, at: time, keys: &keys).text("Authorization"))
        let query = after.query(for: request, credentials: plain, at: time, lifetime: nil, keys: &keys).text
        let split = query.range(of: "&X-Amz-Signature=")
        let expected = split.map { "\(query[..<$0])&X-Amz-Security-Token=TOK%20EN%2F%2B\(query[$0...])" }
        #expect(after.query(for: request, credentials: withToken, at: time, lifetime: nil, keys: &keys).text == expected)
    }

    @Test func `the key cache tells secrets, days, regions and services apart`() {
        let time = UTCTime(unixNanoseconds: 1_440_938_160_000_000_000)
        let request = SigV4Request(method: "GET", host: "example.amazonaws.com")
        var shared = SigV4KeyCache()
        for secret in ["a", "b"] {
            for day in 0..<2 {
                for (region, service) in [("r", "s"), ("r", "t"), ("q", "s")] {
                    let credentials = AWSCredentials(accessKeyID: "AKID", secretAccessKey: Secret(secret))
                    let signer = SigV4Signer(region: region, service: service)
                    let moment = UTCTime(unixNanoseconds: time.unixNanoseconds + Int64(day) * 86_400_000_000_000)
                    var own = SigV4KeyCache()
                    let expected = signer.headers(for: request, credentials: credentials, at: moment, keys: &own).text("Authorization")
                    for _ in 0..<2 {
                        #expect(
                            signer.headers(for: request, credentials: credentials, at: moment, keys: &shared).text("Authorization")
                                == expected)
                    }
                }
            }
        }
    }
}

extension [(name: String, value: FieldValue)] {
    /// The value of a field, also when it is a secret.
    func text(_ name: String) -> String? {
        first { $0.name == name }.map { field in field.value.withBytes { String(decoding: $0, as: UTF8.self) } }
    }
}

extension Secret {
    var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}

extension String {
    /// Where `part` starts.
    func range(of part: String) -> String.Index? {
        indices.first { self[$0...].hasPrefix(part) }
    }
}
