import TabardCore
import TabardJSON

extension Failure {
    /// The failure as JSON, every field that says something.
    var wireForm: Secret {
        var json = JSONWriter()
        json.object { json in
            json.field("code", code.rawValue)
            json.field("attempting", attempting)
            if !subject.isEmpty { json.field("subject", subject) }
            json.field("reason", reason)
            if !advice.isEmpty { json.field("advice", advice) }
            if !source.isEmpty { json.field("source", source) }
            if let httpStatus { json.field("httpStatus", httpStatus) }
            if let retryAfter { json.field("retryAfter", retryAfter.wholeNanoseconds / 1_000_000) }
        }
        return json.finish()
    }

    init(wireForm: Secret) throws(Failure) {
        let root = try JSONDocument(reading: wireForm, from: AgentReply.source).root.asObject()
        self.init(
            Code(rawValue: try root.requireString("code")), attempting: try root.requireString("attempting"),
            on: try root.optionalString("subject") ?? "", reason: try root.requireString("reason"),
            advice: try root.optionalString("advice") ?? "", source: try root.optionalString("source") ?? "",
            httpStatus: try root.optionalInt64("httpStatus").map { Int(clamping: $0) },
            retryAfter: try root.optionalInt64("retryAfter").map { .milliseconds($0) })
    }
}
