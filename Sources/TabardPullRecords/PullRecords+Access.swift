public import TabardCore

/// Who may use what is here.
extension PullRecords {
    /// Whether somebody gets an image without asking its registry.
    public enum Access: Sendable, Equatable {
        /// He does. What he showed is worth writing down, where there is something.
        case granted(learning: RecordedCredentials?)
        /// The registry has to say it.
        case unproven
    }

    /// Decides as the kubelet does, under at least a shared lock.
    ///
    /// - Parameters:
    ///   - imageRef: The digest of the image that has the name here.
    /// - Throws: When a record cannot be read; the registry has to say it then.
    public func access(
        of requester: ImageRequester, to image: ImageReference, imageRef: String, under verification: CredentialVerification
    ) throws(Failure) -> Access {
        let isPulled = try isRecorded(imageRef)
        let isBeingPulled = try isIntended(image.description)
        guard verification.isRequired(for: image, wasPulled: isPulled || isBeingPulled) else { return .granted(learning: nil) }
        guard let known = try record(of: imageRef)?.credentials[image.name] else { return .unproven }
        if known.isOpenToNode { return .granted(learning: nil) }
        for entry in requester.entries where entry.owner != .node {
            let shown = try RecordedCredentials(of: entry)
            guard let secret = shown.secrets.first, known.secrets.contains(where: { Self.isEnough(secret, for: $0) }) else { continue }
            // A known credential in another Secret, or a known Secret with another credential: next time either opens it.
            let isNews =
                !known.secrets.contains(secret) && !secret.hash.isEmpty && known.secrets.count < RecordedCredentials.mostLearnt
            return .granted(learning: isNews ? shown : nil)
        }
        if let account = requester.serviceAccount, known.serviceAccounts.contains(where: { $0.isSameObject(as: account) }) {
            return .granted(learning: nil)
        }
        return .unproven
    }

    private static func isEnough(_ shown: RecordedCredentials.RecordedSecret, for known: RecordedCredentials.RecordedSecret) -> Bool {
        (!shown.hash.isEmpty && shown.hash == known.hash) || shown.coordinates.isSameObject(as: known.coordinates)
    }
}
