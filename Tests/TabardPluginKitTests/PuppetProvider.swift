import Synchronization
import TabardCore
import TabardPluginKit

/// A provider that does what its setting `act` says, and keeps what it was given.
struct PuppetProvider: CredentialProvider {
    static let descriptor = ProviderDescriptor(
        id: "puppet", title: "A puppet", patterns: ["registry.example", "*.registry.example"],
        settings: [
            SettingDescription("act", "what to do"),
            SettingDescription("patient", "a flag", kind: .flag),
            SettingDescription("attempts", "a number", kind: .number),
            SettingDescription("wait", "a duration", kind: .duration),
            SettingDescription("endpoint", "a URL", kind: .url),
            SettingDescription("file", "a path", kind: .path),
            SettingDescription("password", "a secret", isSecret: true),
            SettingDescription("names", "a list", isRepeated: true),
            SettingDescription("rules.match", "a pattern in a list of objects", kind: .pattern),
            SettingDescription("rules.token", "a secret in a list of objects", isSecret: true),
        ],
        isConcurrent: true, usesServiceAccount: true)

    /// The call that the act `keep` kept; one test alone uses it.
    static let kept = Mutex<PluginCall?>(nil)
    /// What the act `report` saw, for the test that asked.
    static let seen = Mutex<[String: PluginRequest]>([:])

    private let settings: ProviderSettings

    init(settings: ProviderSettings, call: PluginCall) throws(Failure) {
        if settings["act"] == "refuse-to-exist" {
            throw Failure(.invalid, attempting: "making a puppet", on: "act", reason: "it does not want to", advice: "ask kindly")
        }
        self.settings = settings
    }

    func matches(_ request: PluginRequest) -> Bool { request.repository != "not-mine" }

    func provide(_ request: PluginRequest, call: PluginCall) throws(Failure) -> ProviderReply {
        let act = settings["act"] ?? "give"
        switch act {
        case "nothing": return ProviderReply()
        case "give":
            return .basic(
                for: request.registry, username: "user", password: settings.secret("password") ?? Secret("pass"), scope: .registry,
                duration: .seconds(90), expires: call.unixTime.adding(.seconds(100)))
        case "give-two":
            let entries = [30, 20].map { seconds in
                AuthEntry(
                    pattern: "\(seconds).registry.example", username: "", password: Secret("p"), origin: Origin(.plugin, ""),
                    expires: call.unixTime.adding(.seconds(seconds)))
            }
            return ProviderReply(entries: entries)
        case "give-nul": return .basic(for: request.registry, username: "user", password: Secret("a\u{0}b"), scope: .image)
        case "give-bearer":
            let entry = AuthEntry(
                pattern: request.registry, kind: .registryToken, username: "", password: Secret("x"), origin: Origin(.plugin, ""))
            return ProviderReply(entries: [entry])
        case "report":
            Self.seen.withLock { $0[request.repository] = request }
            return ProviderReply()
        case "keep":
            Self.kept.withLock { $0 = call }
            return ProviderReply()
        case "sleep":
            try call.sleep(until: call.now + 5)
            return ProviderReply()
        case "log":
            call.log(.info(2), "two\nlines")
            call.log(.error, "loud")
            return ProviderReply()
        case "http":
            let answer = try call.http(
                PluginHTTPRequest(
                    "POST", "http://127.0.0.1:1/token?code=canary",
                    headers: [("X-One", "1"), ("Authorization", .secret(Secret("Bearer x")))],
                    body: Secret("body"), timeout: .milliseconds(1500), maximumBody: 4096, isMetadata: true))
            let fields = answer.headers.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
            return .basic(for: "\(answer.status).registry.example", username: fields, password: answer.body, scope: .global)
        default:
            throw Failure(
                Failure.Code(rawValue: act), attempting: "doing it", on: "this", reason: "cannot", advice: "try\u{1B}[31m that",
                source: "me",
                httpStatus: 418, retryAfter: .seconds(3))
        }
    }
}
