import TabardCore
import TabardHTTP
import TabardSystem

/// Manifests, and what failures of any content mean.
extension RegistrySession {
    /// Fetches a manifest or index.
    ///
    /// - Parameters:
    ///   - reference: The tag or digest.
    ///   - expected: What a descriptor or the image's name promises.
    ///   - image: For messages.
    func manifest(
        _ reference: String, expected: ContentDigest?, contentType: String = "", image: String, tries: Int? = nil,
        until deadline: Int64
    ) throws(Failure) -> Manifest {
        try persistently(tries: tries, until: deadline) { () throws(Failure) -> Manifest in
            // A manifest is small: a registry that says nothing for so long is stuck, and the tries add up.
            var request = HTTPRequest(
                url: try endpoint.url("manifests", repository: repository, reference: reference), stallTimeout: .seconds(20))
            request.headers.add("Accept", MediaType.accepted)
            var bytes: [UInt8] = []
            let answer = try exchange(
                request, until: deadline, isSuccess: { $0 == 200 }, onHead: { _ in },
                onBytes: { (chunk) throws(Failure) in
                    guard bytes.count + chunk.count <= Manifest.maximumBytes else {
                        throw Failure(
                            .tooLarge, attempting: "fetching the manifest", on: image,
                            reason: "it has more than \(Manifest.maximumBytes >> 20) MiB", source: endpoint.registry)
                    }
                    bytes.append(contentsOf: chunk)
                })
            guard answer.head.status == 200 else { throw refusal(answer, attempting: "fetching the manifest", on: image) }
            let digest = ContentHasher.digest(of: bytes, expected?.algorithm ?? .sha256)
            if let expected, digest != expected {
                throw Failure(
                    .corrupted, attempting: "fetching the manifest", on: image,
                    reason: "the registry sent content with the digest \(digest), not \(expected)",
                    advice: "nothing was kept; if it happens again, a proxy or the registry alters content", source: endpoint.registry,
                    httpStatus: answer.head.status)
            }
            if let told = answer.head.headers.first("docker-content-digest"), told.hasPrefix("sha256:"), told != digest.description {
                context.log(.warning, "\(image): the registry announces the digest \(told) for content with the digest \(digest)")
            }
            do throws(Failure) {
                return try Manifest(
                    bytes: bytes, digest: digest, contentType: answer.head.headers.first("content-type") ?? contentType, image: image)
            } catch {
                // The registry has answered, which tells this apart from a server that speaks something else.
                var failure = error
                failure.httpStatus = answer.head.status
                throw failure
            }
        }
    }

    /// Runs `body` again after failures that time may mend, with growing pauses, as the server asks.
    func persistently<Result>(
        tries: Int? = nil, until deadline: Int64, progress: () -> Int64 = { 0 }, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let tries = tries ?? context.tries
        var failures = 0
        var reached = progress()
        var answered: Failure?
        while true {
            context.pace.wait(for: endpoint.base.origin, until: deadline, cancellation: context.cancellation)
            do throws(Failure) {
                return try body()
            } catch {
                if progress() > reached { failures = 0 }
                // A download that begins again has to get further than before, or it would never end.
                reached = max(reached, progress())
                failures += 1
                let isOver = context.cancellation?.isCancelled == true || context.clocks.monotonicNanoseconds >= deadline
                guard error.isTransient, failures < tries, !isOver else { throw Self.told(error, after: answered, failures) }
                if error.code != .timedOut { answered = error }
                // Full jitter below 0.5, 1, 2, 4 seconds, so that many nodes do not come back together.
                let backoff = Duration.milliseconds(Int64.random(in: 50...(500 << (failures - 1))))
                let delay = error.retryAfter ?? backoff
                guard context.clocks.monotonicNanoseconds.addingSaturated(delay) < deadline else {
                    throw Self.told(Failure(.timedOut, attempting: "", reason: ""), after: error, failures)
                }
                context.log(.info(2), "trying again in \(GoDuration.format(delay)): \(error)")
                context.pace.hold(endpoint.base.origin, for: delay)
            }
        }
    }

    /// The failure that ends the tries: where only the time was over, what went wrong before says more.
    private static func told(_ last: Failure, after earlier: Failure?, _ tries: Int) -> Failure {
        guard last.code == .timedOut, var failure = earlier else { return last }
        failure.reason += " (so far after \(tries) \(tries == 1 ? "try" : "tries"), and the time given is over)"
        return failure
    }

    /// What an unsuccessful answer means.
    func refusal(_ answer: Answer, attempting: String, on subject: String) -> Failure {
        let status = answer.head.status
        let said = RegistryErrorBody.summary(of: answer.errorBody, to: entry)
        let who = entry.map { "the credential from \($0.origin)" } ?? "an anonymous request"
        let code: Failure.Code
        var reason: String
        var advice = ""
        switch status {
        case 401, 403:
            code = .denied
            reason = "the registry refused \(who)"
            let asked = AuthenticationChallenge.parse(fields: answer.head.headers.all("www-authenticate")).map(\.scheme)
            advice =
                !asked.isEmpty && !asked.contains("bearer") && !asked.contains("basic")
                ? "it asks for \(asked.joined(separator: ", ")), and images are pulled with Bearer and Basic only (RFC 6750, RFC 7617)"
                : entry == nil
                    ? "give a credential: a docker config, a pull secret or a provider for this registry (`tabard explain` shows what was found)"
                    : RegistryErrorBody.missingPermission(in: said).map { "allow \($0) on this repository to this identity" }
                        ?? "check that this identity may pull from \(endpoint.registry)/\(repository)"
        case 404:
            code = .notFound
            reason = "the registry has no such thing, or does not show it to \(who)"
            advice = "check name and tag; some registries answer so when the credential may not pull"
        case 429, 500...599:
            code = .unavailable
            reason = status == 429 ? "the registry asks for fewer requests" : "the registry fails"
            advice = "try again later"
        default:
            code = .badResponse
            reason = "the registry gave an answer that a pull does not expect"
        }
        if !said.isEmpty { reason += ": \(said)" }
        return Failure(
            code, attempting: attempting, on: subject, reason: reason, advice: advice, source: endpoint.registry, httpStatus: status,
            retryAfter: RetryDelay.read(answer.head.headers.first("retry-after"), now: context.clocks))
    }
}
