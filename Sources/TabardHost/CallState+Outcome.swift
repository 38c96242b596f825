import CTabard
import TabardCore
import TabardSystem

/// What a call came to, once the plugin has returned.
extension CallState {
    /// The reply that `provide` committed by returning `status`.
    func reply(_ status: tabard_status, image: String) throws(Failure) -> ProviderReply {
        let (reply, refusal, hasLostEntry) = emitted.withLock { ($0.reply, $0.refusal, $0.hasLostEntry) }
        guard status.isOK else { throw failure(status, attempting: "getting credentials", on: image) }
        // A plugin that did not look at what add_auth returned would else seem to say "needs no credentials".
        if let refusal, hasLostEntry, reply.entries.isEmpty {
            throw Failure(
                .internalFault, attempting: "getting credentials", on: image, reason: "the plugin's answer is unusable: \(refusal)",
                advice: "report it to the plugin's maintainer (\(context.plugin))", source: provider)
        }
        var stamped = reply
        for index in stamped.entries.indices { stamped.entries[index].expires = reply.expires }
        return stamped
    }

    /// The failure that a plugin means by `status`, in its own words where it gave some.
    func failure(_ status: tabard_status, attempting: String, on subject: String) -> Failure {
        let (said, refusal, exchange) = emitted.withLock { ($0.error, $0.refusal, $0.exchange) }
        var reason = said?.message ?? ""
        if reason.isEmpty { reason = refusal.map { "the plugin's answer is unusable: \($0)" } ?? "" }
        if reason.isEmpty {
            reason = "the plugin returned \(status.name) without a reason"
        }
        // The exchange's own words are lost at the C boundary, where only its number passes.
        if let exchange, tabard_status(exchange.code) == status, !reason.contains(text: exchange.reason) {
            reason += " (\(exchange.reason))"
        }
        return Failure(
            status.failureCode, attempting: attempting, on: subject, reason: reason, advice: said?.advice ?? "", source: provider,
            httpStatus: said?.httpStatus,
            retryAfter: said?.retryAfter)
    }
}
