public import TabardCore
public import TabardPullRecords
public import TabardSystem

/// Who gets what is here already.
extension ImagePuller {
    /// What the layout gives where the policies let it, so that nobody need look for credentials; nil when the registry has to be asked.
    ///
    /// An image that the requester has not shown that he may use is as if it were not here.
    /// - Throws: `.notFound` when the policy is `never` and the image is not here.
    public func imageWithoutRegistry(
        _ image: ImageReference, for requester: ImageRequester = ImageRequester(), until deadline: Int64 = .max,
        cancellation: Cancellation? = nil
    ) throws(Failure) -> PulledImage? {
        let policy = options.policy ?? .standard(for: image)
        if policy == .always { return nil }
        // Name and record are read together: nobody writes one without the other meanwhile.
        let found = try layout.records.withLock(shared: true, until: deadline, cancellation: cancellation) { () throws(Failure) in
            try presentImage(image, for: requester)
        }
        if let (digest, learning) = found {
            if let learning { learn(learning, of: image, digest, until: deadline, cancellation: cancellation) }
            return PulledImage(image: image, digest: digest, bytes: 0, requests: 0, credential: nil, wasPresent: true)
        }
        guard policy == .never else { return nil }
        throw Failure(
            .notFound, attempting: "pulling the image", on: image.description,
            reason: "it is not in \(layout.path), and the pull policy is Never", advice: "pull it with --policy IfNotPresent first")
    }

    private func presentImage(
        _ image: ImageReference, for requester: ImageRequester
    ) throws(Failure) -> (digest: ContentDigest, learning: RecordedCredentials?)? {
        guard let top = try layout.descriptor(named: image.description), isWanted(top, as: image), try layout.contents(of: top).isWhole
        else { return nil }
        do throws(Failure) {
            let access = try layout.records.access(
                of: requester, to: image, imageRef: top.digest.description, under: options.verification)
            if case .granted(let learning) = access { return (top.digest, learning) }
            log(.info(2), "\(image): it is here, and nothing shows that this requester may use it; asking the registry")
        } catch {
            log(.warning, "\(image): asking the registry who may use it, because a record cannot be read: \(error)")
        }
        return nil
    }

    /// Writes down another way to show it. Without that it works, too, as it did now.
    private func learn(
        _ credentials: RecordedCredentials, of image: ImageReference, _ digest: ContentDigest, until deadline: Int64,
        cancellation: Cancellation?
    ) {
        do throws(Failure) {
            try layout.records.withLock(until: deadline, cancellation: cancellation) { () throws(Failure) in
                // It may have been removed since.
                guard try layout.descriptor(named: image.description)?.digest == digest else { return }
                try record(credentials, of: image, digest)
            }
        } catch {
            log(.warning, "\(image): it could not be written down who may use it: \(error)")
        }
    }

    /// Gives the image its name, with a record of who may use it.
    ///
    /// - Parameter entry: The credential that opened it, or nil when none was wanted.
    func settle(
        _ image: ImageReference, as top: Descriptor, openedBy entry: AuthEntry?, until deadline: Int64, cancellation: Cancellation?
    ) throws(Failure) {
        let credentials = try RecordedCredentials(of: entry)
        try layout.records.withLock(until: deadline, cancellation: cancellation) { () throws(Failure) in
            // Nothing is written when nothing has changed.
            if try layout.descriptor(named: image.description) != top {
                // Whoever finds the name without its record, because this process died in between, has to ask the registry.
                if !credentials.isOpenToNode { try layout.records.intend(image.description) }
                try layout.setName(image.description, to: top, until: deadline, cancellation: cancellation)
            }
            try record(credentials, of: image, top.digest)
            try layout.records.forgetIntent(image.description)
        }
    }

    private func record(_ credentials: RecordedCredentials, of image: ImageReference, _ digest: ContentDigest) throws(Failure) {
        try layout.records.record(
            credentials, for: image.name, imageRef: digest.description, now: UTCTime(unixNanoseconds: clocks.unixNanoseconds))
    }
}
