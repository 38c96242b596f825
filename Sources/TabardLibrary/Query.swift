import CTabard
import CTabardHost
import Glibc
import TabardCore
import TabardHost
import TabardKeyring
import TabardSystem

/// One question of an embedder, copied.
struct Query {
    let request: ProviderRequest
    /// As the embedder wrote it.
    let image: String
    /// The pull secrets; nil without any.
    let given: StaticCredentials?
    /// What is wrong with pull secrets, which does not keep the others from being used.
    let problems: [Failure]
    let timeout: Int64
    let cancellation: Cancellation?

    init(_ query: UnsafePointer<tabard_query_v1>?, for function: String) throws(Failure) {
        let check = ArgumentCheck(function: function)
        guard let query else { throw check.wrong("query", "is NULL") }
        try check.size(query.pointee.struct_size, MemoryLayout<tabard_query_v1>.size, of: "tabard_query_v1")
        let asked = query.pointee
        try check.zero(asked.flags, "flags")
        try check.zero(asked.reserved, "reserved")
        guard let image = try check.optional(asked.image, "image", limit: 4096), !image.isEmpty else {
            throw check.wrong("image", "is absent or empty")
        }
        self.image = image
        var request = ProviderRequest(image: try ImageReference(image))
        request.serviceAccountToken = try check.secret(asked.service_account_token, "service_account_token", limit: 65_536)
        request.serviceAccountAnnotations = try check.pairs(
            asked.service_account_annotations, "service_account_annotations", most: 256, limit: 65_536)
        request.identity = try check.optional(asked.identity, "identity", limit: 4096) ?? ""
        self.request = request
        guard asked.timeout_ns >= 0 else { throw check.wrong("timeout_ns", "is negative") }
        timeout = asked.timeout_ns == 0 ? 45_000_000_000 : asked.timeout_ns
        if asked.cancel_fd > 0 {
            guard fcntl(asked.cancel_fd, F_GETFD) >= 0 else { throw check.wrong("cancel_fd", "is \(asked.cancel_fd), which is not open") }
            cancellation = Cancellation(watching: asked.cancel_fd)
        } else {
            guard asked.cancel_fd >= -1 else { throw check.wrong("cancel_fd", "is \(asked.cancel_fd): -1 or 0 stand for none") }
            cancellation = nil
        }
        (given, problems) = try Self.pullSecrets(asked.pull_secrets, check)
    }

    private static func pullSecrets(
        _ list: tabard_str_list, _ check: ArgumentCheck
    ) throws(Failure) -> (StaticCredentials?, [Failure]) {
        var readings: [PullSecret.Reading] = []
        var problems: [Failure] = []
        for (index, text) in try check.list(list, "pull_secrets", most: 256).enumerated() {
            guard let bytes = try check.secret(text, "pull_secrets[\(index)]", limit: 4 << 20) else {
                throw check.wrong("pull_secrets[\(index)]", "is absent")
            }
            do throws(Failure) {
                let reading = try PullSecret.parse(text: bytes, name: "pull secret \(index)")
                problems += reading.problems + reading.secrets.flatMap(\.config.problems)
                readings.append(reading)
            } catch {
                problems.append(error)
            }
        }
        return (readings.isEmpty ? nil : StaticCredentials(pullSecrets: readings), problems)
    }
}
