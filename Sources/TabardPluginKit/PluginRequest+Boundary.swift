internal import CTabard
internal import TabardCore

extension PluginRequest {
    /// Copies what the host asks.
    init(_ pointer: UnsafePointer<tabard_request_v1>?) throws(Failure) {
        guard let request = filledPart(of: pointer, tabard_request_v1()), let image = try request.image.text("the image"),
            let registry = try request.registry.text("the registry"), !registry.isEmpty
        else { throw Failure(.invalid, attempting: "reading a request", reason: "the host named no image or no registry") }
        self.init(registry: registry, repository: try request.repository.text("the repository") ?? "")
        self.image = image
        isFresh = request.flags & UInt32(TABARD_REQUEST_FRESH) != 0
        serviceAccountToken = try request.service_account_token.secret("the service account token")
        for pair in try request.service_account_annotations.pairs("service account annotations") {
            guard let key = try pair.key.text("the key of an annotation") else {
                throw Failure(.invalid, attempting: "reading a request", reason: "an annotation has no key")
            }
            serviceAccountAnnotations[key] = try pair.value.text("the value of an annotation") ?? ""
        }
    }
}
