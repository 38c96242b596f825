internal import TabardCore
internal import TabardPluginKit

extension MetadataServer {
    /// Throws unless it is a 200 of Google's metadata server. Nothing of the body is quoted: it may be anything.
    func check(_ response: PluginHTTPResponse, url: String, path: String, now: UTCTime) throws(Failure) {
        let status = response.status
        let isGoogles = response.header("metadata-flavor") == "Google"
        if status == 200 && isGoogles { return }
        var failure = Failure(
            .badResponse, attempting: "asking Google's metadata server", on: url, reason: "it answered with an unexpected status",
            httpStatus: status)
        switch status {
        case 429, 500, 502, 503, 504:
            // Usual just after a node started: GKE's agent is not ready. A proxy in front of it does not send the header.
            failure.code = .unavailable
            failure.reason = status == 429 ? "it is asked too often" : "it is not ready"
            failure.advice = "on GKE, check the gke-metadata-server pod of this node if this lasts"
            failure.retryAfter = response.retryAfter(now: now)
        case _ where !isGoogles:
            failure.code = machineIsOther ? .notFound : .badResponse
            let kind = response.header("content-type")?.hasPrefix("text/html") == true ? "a web page" : "an answer"
            failure.reason = "\(kind) came from something else: the header Metadata-Flavor: Google is missing"
            failure.advice =
                "this machine is not on Google Cloud, or a proxy or captive portal stands in between; set metadataHost if it is elsewhere"
        case 404 where path.hasPrefix("instance/service-accounts/"):
            failure.code = .notFound
            failure.reason = "this machine has no such service account"
            failure.advice =
                "attach one that may read the registry (roles/artifactregistry.reader) and restart the machine or the node pool, or correct the setting account"
        case 404 where path.hasPrefix("instance/attributes/"):
            let attribute = path.dropFirst("instance/attributes/".count)
            failure.code = .notFound
            failure.reason = "this machine has no attribute \(attribute)"
            failure.advice = "set it (gcloud compute instances add-metadata), or turn the provider \(attribute) off on this machine"
        case 404:
            failure.code = .notFound
            failure.reason = "it does not know this"
            failure.advice = "check what answers at this address"
        case 403:
            failure.code = .denied
            failure.reason = "it refuses to answer"
            failure.advice =
                "check that no proxy adds X-Forwarded-For, and with workload identity that the account may use iam.serviceAccounts.getAccessToken"
        default: failure.advice = "check what answers at this address"
        }
        throw failure
    }

    private var machineIsOther: Bool {
        if case .other = machine { return true }
        return false
    }
}
