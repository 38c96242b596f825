import TabardCore
import TabardSystem

/// Who asks the registry.
extension ImagePuller {
    /// Finds the first identity that may read the manifest.
    ///
    /// - Parameter patience: How long a mirror may take for each identity; nil waits until the deadline. The search for candidates does not count.
    func openSession(
        _ image: ImageReference, context: RegistrySession.Context, until deadline: Int64, patience: MirrorPatience? = nil,
        onEvent: @Sendable (PullEvent) -> Void, _ nextCandidate: () throws(Failure) -> AuthEntry?
    ) throws(Failure) -> (RegistrySession, Manifest) {
        var endpoint = try RegistryEndpoint(for: image, insecureRegistries: options.insecureRegistries)
        var refusals: [Failure] = []
        var missing: [Failure] = []
        func attempt(_ candidate: AuthEntry?) throws(Failure) -> (RegistrySession, Manifest)? {
            do throws(Failure) {
                let opened = try open(
                    image, as: candidate, at: &endpoint, context: context, until: deadline, patience: patience)
                for failure in missing { log(.warning, "\(failure)") }
                return opened
            } catch {
                guard error.code == .denied || error.code == .notFound else { throw error }
                refusals.append(error)
                return nil
            }
        }
        while true {
            let candidate: AuthEntry?
            do throws(Failure) {
                candidate = try nextCandidate()
            } catch {
                guard context.cancellation?.isCancelled != true, clocks.monotonicNanoseconds < deadline else { throw error }
                log(.info(2), "\(image): \(error)")
                missing.append(error)
                continue
            }
            guard let candidate else { break }
            if let refusal = refusals.last {
                log(.info(2), "\(image): \(refusal)")
                onEvent(.refused(refusal))
            }
            if let opened = try attempt(candidate) { return opened }
        }
        let isNobodyKnown = refusals.isEmpty && missing.isEmpty
        if isNobodyKnown || options.allowsAnonymousFallback {
            if !isNobodyKnown {
                let why = refusals.isEmpty ? "no credential could be had" : "the registry refused every credential"
                log(.warning, "\(image): \(why); asking anonymously, as --anonymous-fallback allows")
                if let refusal = refusals.last { onEvent(.refused(refusal)) }
                onEvent(.anonymousFallback)
            }
            if let opened = try attempt(nil) { return opened }
        }
        throw Self.combined(refusals, missing: missing, image: image)
    }

    private func open(
        _ image: ImageReference, as candidate: AuthEntry?, at endpoint: inout RegistryEndpoint, context: RegistrySession.Context,
        until deadline: Int64, patience: MirrorPatience?
    ) throws(Failure) -> (RegistrySession, Manifest) {
        guard let patience else { return try RegistrySession.open(image, as: candidate, at: &endpoint, context: context, until: deadline) }
        func limit(_ duration: Duration) -> Int64 { min(deadline, clocks.monotonicNanoseconds.addingSaturated(duration)) }
        do throws(Failure) {
            return try RegistrySession.open(image, as: candidate, at: &endpoint, context: context, until: limit(patience.first))
        } catch {
            let isOver = context.cancellation?.isCancelled == true || clocks.monotonicNanoseconds >= deadline
            guard error.code == .timedOut, !isOver,
                RegistrySession.answers(endpoint, context: context, until: limit(patience.signOfLife))
            else { throw error }
            return try RegistrySession.open(image, as: candidate, at: &endpoint, context: context, until: limit(patience.living))
        }
    }

    /// One failure that tells every refusal, and which sources could not be asked.
    private static func combined(_ refusals: [Failure], missing: [Failure], image: ImageReference) -> Failure {
        guard let first = refusals.first else {
            // Trying again can help as long as one source could not be reached.
            let told = missing.firstIndex(where: \.isTransient) ?? 0
            guard var failure = missing.isEmpty ? nil : missing[told] else {
                return Failure(.internalFault, attempting: "pulling the image", on: image.description, reason: "no identity was tried")
            }
            failure.reason += also(missing[..<told] + missing[(told + 1)...])
            return failure
        }
        let denial = refusals.first { $0.code == .denied }
        var failure = denial ?? first
        if refusals.count > 1 {
            let list = refusals.map { refusal in refusal.reason + (refusal.httpStatus.map { " [HTTP \($0)]" } ?? "") }
            failure.httpStatus = nil
            failure.attempting = first.attempting
            failure.subject = image.description
            failure.source = first.source
            failure.reason = "none of \(refusals.count) identities may read it: \(list.joined(separator: " · "))"
        }
        failure.reason += also(missing[...])
        return failure
    }

    private static func also(_ missing: ArraySlice<Failure>) -> String {
        missing.isEmpty ? "" : " · no credential could be had from: " + missing.map(\.description).joined(separator: " · ")
    }
}
