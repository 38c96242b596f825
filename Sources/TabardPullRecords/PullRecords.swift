import Glibc
public import TabardCore
import TabardCrypto
public import TabardSystem

/// Who has pulled which image of a layout, in files as a kubelet keeps them: `image_manager/pulling` and `image_manager/pulled`.
///
/// Everything but the lock itself is called by whoever holds the lock, exclusively where something is written. What is written stands in its
/// place whole or not at all; files are for this user alone (0600).
public final class PullRecords: Sendable {
    /// The path of the folder, for messages.
    public let path: String
    private let root: Folder
    private let pulling: Folder
    private let pulled: Folder

    /// The folder's name in a layout.
    public static let folderName = "image_manager"
    private static let recordLimit = 1 << 20

    /// Opens the records in `parent`, making what is not there.
    public init(in parent: borrowing Folder) throws(SystemError) {
        root = try parent.folder(Self.folderName, creating: 0o700)
        pulling = try root.folder("pulling", creating: 0o700)
        pulled = try root.folder("pulled", creating: 0o700)
        path = root.path
    }

    /// Runs `body` while nobody writes records, and nobody reads them either unless both only read.
    ///
    /// - Parameter isShared: Whether `body` only reads.
    public func withLock<Result>(
        shared isShared: Bool = false, until deadline: Int64, cancellation: Cancellation?, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let lock = try locked(shared: isShared, until: deadline, cancellation: cancellation)
        defer { flock(lock.number, LOCK_UN) }
        return try body()
    }

    private func locked(shared isShared: Bool, until deadline: Int64, cancellation: Cancellation?) throws(Failure) -> FileDescriptor {
        do throws(SystemError) {
            return try lockedFolder(shared: isShared, until: deadline, cancellation: cancellation)
        } catch { throw Self.failure(error) }
    }

    private func lockedFolder(
        shared isShared: Bool, until deadline: Int64, cancellation: Cancellation?
    ) throws(SystemError) -> FileDescriptor {
        // A descriptor of its own, because locks belong to those and not to threads; it ends with the process at the latest.
        let folder = try root.open(".", flags: O_RDONLY | O_DIRECTORY)
        try folder.lock(shared: isShared, until: deadline, cancellation: cancellation)
        return folder
    }

    // MARK: Intents

    /// Writes down that `image` is about to be here. Until `forgetIntent` everybody has to show that he may use it.
    public func intend(_ image: String) throws(Failure) {
        let name = Self.fileName(image)
        do throws(SystemError) {
            guard try pulling.entry(name) == nil else { return }
            try place(ImagePullIntent(image: image).json, in: pulling, as: name, durably: true)
        } catch { throw Self.failure(error) }
    }

    /// Whether a pull of `image` goes on, or ended before it was written down who may use it.
    public func isIntended(_ image: String) throws(Failure) -> Bool {
        do throws(SystemError) { return try pulling.entry(Self.fileName(image)) != nil } catch { throw Self.failure(error) }
    }

    /// It is written down now who may use `image`, or the image is gone.
    public func forgetIntent(_ image: String) throws(Failure) {
        do throws(SystemError) { try pulling.remove(Self.fileName(image)) } catch { throw Self.failure(error) }
    }

    // MARK: Records

    /// Adds to the record of an image who has pulled it. Nothing is written when that is there already.
    ///
    /// - Parameters:
    ///   - name: Registry and repository, without tag and digest.
    ///   - imageRef: The digest of the image.
    public func record(_ credentials: RecordedCredentials, for name: String, imageRef: String, now: UTCTime) throws(Failure) {
        let old: ImagePulledRecord?
        do throws(Failure) {
            old = try record(of: imageRef)
        } catch {
            // What cannot be read has opened the image to nobody, and goes on so.
            guard error.code == .corrupted else { throw error }
            old = nil
        }
        var record = old ?? ImagePulledRecord(imageRef: imageRef, lastUpdated: now)
        guard record.credentials[name, default: RecordedCredentials()].merge(credentials) || old == nil else { return }
        record.lastUpdated = now
        // What everybody may use is for everybody without its record as well.
        try write(record, durably: !credentials.isOpenToNode)
    }

    /// Forgets who has pulled an image that is gone.
    public func forget(imageRef: String) throws(Failure) {
        do throws(SystemError) { try pulled.remove(Self.fileName(imageRef)) } catch { throw Self.failure(error) }
    }

    /// Forgets images that are gone. An image that is here and whose pull ended early gets a record that opens it to nobody.
    ///
    /// - Parameter images: All that are here, by full reference, with their digests.
    /// - Returns: How many files are gone.
    public func prune(keeping images: [(name: String, imageRef: String)], now: UTCTime) throws(Failure) -> Int {
        var removed = 0
        do throws(SystemError) {
            let kept = Set(images.map { Self.fileName($0.imageRef) })
            for name in try pulled.names() where !kept.contains(name) {
                try pulled.remove(name)
                removed += 1
            }
        } catch { throw Self.failure(error) }
        for (name, imageRef) in images where try isIntended(name) {
            if try !isRecorded(imageRef) { try write(ImagePulledRecord(imageRef: imageRef, lastUpdated: now), durably: true) }
        }
        do throws(SystemError) {
            for name in try pulling.names() {
                try pulling.remove(name)
                removed += 1
            }
        } catch { throw Self.failure(error) }
        return removed
    }

    /// The record of an image, or nil when there is none.
    ///
    /// - Throws: `.corrupted` when it is no record.
    func record(of imageRef: String) throws(Failure) -> ImagePulledRecord? {
        let name = Self.fileName(imageRef)
        let bytes: [UInt8]
        do throws(SystemError) {
            guard try pulled.entry(name) != nil else { return nil }
            bytes = try pulled.open(name, flags: O_RDONLY).readAll(limit: Self.recordLimit)
        } catch { throw Self.failure(error) }
        return try ImagePulledRecord(bytes, file: "\(path)/pulled/\(name)")
    }

    /// Whether there is a record, readable or not.
    func isRecorded(_ imageRef: String) throws(Failure) -> Bool {
        do throws(SystemError) { return try pulled.entry(Self.fileName(imageRef)) != nil } catch { throw Self.failure(error) }
    }

    private func write(_ record: ImagePulledRecord, durably isDurable: Bool) throws(Failure) {
        do throws(SystemError) {
            try place(record.json, in: pulled, as: Self.fileName(record.imageRef), durably: isDurable)
        } catch { throw Self.failure(error) }
    }

    /// The kubelet's name of a file about `subject`.
    static func fileName(_ subject: String) -> String { "sha256-\(SHA256.hash(subject).hex)" }

    /// Writes beside and renames: whoever holds the lock is alone with the draft's name.
    private func place(_ bytes: [UInt8], in folder: borrowing Folder, as name: String, durably isDurable: Bool) throws(SystemError) {
        let draft = "\(name).tmp"
        try folder.remove(draft)
        let file = try folder.open(draft, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        let outcome = bytes.withUnsafeBytes { content -> Result<Void, SystemError> in
            do throws(SystemError) { return .success(try file.writeAll(content, at: 0)) } catch { return .failure(error) }
        }
        do throws(SystemError) {
            try outcome.get()
            if isDurable { try file.sync(draft) }
            try folder.move(draft, to: folder, as: name)
        } catch {
            try? folder.remove(draft)
            throw error
        }
        if isDurable { try folder.sync() }
    }

    private static func failure(_ error: SystemError) -> Failure {
        let code: Failure.Code =
            switch error.number {
            case ETIMEDOUT: .timedOut
            case ECANCELED: .cancelled
            default: .local
            }
        return Failure(
            code, attempting: "keeping the records of who has pulled what", on: error.subject, reason: "\(error.call): \(error.meaning)",
            advice: code == .local ? "check space and permissions there" : "")
    }
}
