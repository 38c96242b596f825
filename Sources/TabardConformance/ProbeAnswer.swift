import CTabard
import TabardCore
import TabardSystem

/// What the other side of an exchange, or a program, answers in a check.
enum ProbeAnswer: Sendable {
    /// A complete answer.
    case reply(status: Int32, headers: [(String, String)], body: String)
    /// No answer, and why.
    case failure(tabard_status, String)
    /// Nothing until the call ends.
    case hold

    /// A text that stands wherever a secret belongs, so that it can be looked for where none does.
    static let canary = "Canary7secret7Q2xYb3"
    /// The same in the encoding that registries' tokens often have.
    static let encodedCanary = "QVdTOkNhbmFyeTdzZWNyZXQ3UTJ4WWIz"

    /// An answer that has something for everybody: the members that clouds' token services give, and more.
    static var plentiful: ProbeAnswer {
        let soon = UTCTime(unixNanoseconds: SystemClocks().unixNanoseconds).adding(.seconds(36_000))
        let seconds = soon.unixNanoseconds / 1_000_000_000
        let body = """
            {"access_token":"\(canary)","token":"\(canary)","id_token":"\(canary)","refresh_token":"\(canary)","password":"\(canary)",\
            "username":"conformance","token_type":"Bearer","expires_in":3600,"expires_on":"\(seconds)","expiration":"\(soon.rfc3339)",\
            "Expiration":"\(soon.rfc3339)","Code":"Success","AccessKeyId":"AKIACONFORMANCE00000","SecretAccessKey":"\(canary)",\
            "Token":"\(canary)","Version":1,"authorizationData":[{"authorizationToken":"\(encodedCanary)","expiresAt":\(seconds)}],\
            "region":"us-east-1"}
            """
        return .reply(status: 200, headers: [("content-type", "application/json"), ("metadata-flavor", "Google")], body: body)
    }

    /// What a cloud may answer on a bad day, with the secret in it.
    static var bad: [(name: String, answer: ProbeAnswer)] {
        let echo = #"{"error":"\#(canary)","message":"\#(canary)","errors":[{"message":"\#(canary)"}]}"#
        var all: [(String, ProbeAnswer)] = [301, 400, 401, 403, 404, 500, 503].map { status in
            ("HTTP \(status)", .reply(status: status, headers: [("content-type", "application/json"), ("x-echo", canary)], body: echo))
        }
        all.append(("HTTP 429", .reply(status: 429, headers: [("retry-after", "1")], body: echo)))
        all.append(("no body", .reply(status: 200, headers: [], body: "")))
        all.append(("no JSON", .reply(status: 200, headers: [], body: "<html>\(canary)")))
        all.append(("JSON that is cut off", .reply(status: 200, headers: [], body: #"{"access_token":"\#(canary)"#)))
        all.append(("JSON of other types", .reply(status: 200, headers: [], body: #"{"access_token":[1],"authorizationData":7}"#)))
        all.append(("deep JSON", .reply(status: 200, headers: [], body: String(repeating: "[", count: 100_000))))
        all.append(("a megabyte", .reply(status: 200, headers: [], body: String(repeating: "a", count: 1 << 20))))
        all.append(("no route", .failure(TABARD_E_UNAVAILABLE, "no route to host")))
        all.append(("too large an answer", .failure(TABARD_E_TOO_LARGE, "over max_body")))
        all.append(("a malformed answer", .failure(TABARD_E_BAD_RESPONSE, "not HTTP")))
        all.append(("a status from the future", .failure(tabard_status(rawValue: -99), "")))
        return all
    }
}
