import Glibc
public import TabardCore
import TabardJSON
import TabardPullRecords
public import TabardSystem

/// An OCI image layout on disk (image-spec, image-layout.md) that several processes may write at the same time.
///
/// Content is written in `ingest/`, checked, brought to disk and only then renamed to its digest; `index.json` is read, merged and replaced
/// under a lock. So whoever reads the layout, or finds it after a power cut, sees whole content or none.
public final class OCILayout: Sendable {
    /// The path it was opened with.
    public let path: String
    let root: Folder
    let blobs: Folder
    let ingest: Folder
    /// Who has pulled what is here.
    let records: PullRecords

    /// The annotation that names an image in `index.json` (image-spec, annotations.md).
    public static let nameAnnotation = "org.opencontainers.image.ref.name"
    /// The annotation that containerd's import reads.
    static let containerdAnnotation = "io.containerd.image.name"
    private static let indexLimit = 16 << 20
    /// What a layout may have in it that is just being made.
    private static let ownNames = ["blobs", "ingest", "index.json", "index.lock", PullRecords.folderName]

    /// Opens the layout at `path`. A folder with other things in it is left alone.
    ///
    /// - Parameter isMade: Whether it is made where nothing is; else that is `.notFound`.
    public init(path: String, making isMade: Bool = true) throws(Failure) {
        self.path = path
        guard isMade || access("\(path)/oci-layout", F_OK) == 0 else {
            throw Failure(
                .notFound, attempting: "opening the image layout", on: path, reason: "there is none",
                advice: "give the folder that images were pulled into with --dest")
        }
        do throws(SystemError) {
            try Self.makeFolders(path)
            root = try Folder(path: path)
            let names = try root.names()
            if !names.contains("oci-layout") {
                // Another process may be making the same layout right now: what it makes is no obstacle.
                let others = names.filter { !Self.ownNames.contains($0) && !$0.hasPrefix(".new-") }
                guard others.isEmpty else {
                    throw SystemError(
                        "open", on: "\(path) (it holds other things, such as \(others[0]), and is no image layout)", number: ENOTEMPTY)
                }
            }
            let content = try root.folder("blobs", creating: 0o755)
            blobs = content
            ingest = try root.folder("ingest", creating: 0o700)
            records = try PullRecords(in: root)
        } catch { throw Self.failure(error, at: path) }
        try settle("oci-layout", #"{"imageLayoutVersion":"1.0.0"}"#)
        try checkVersion()
    }

    /// Makes the folder, and those above it that are not there.
    private static func makeFolders(_ path: String) throws(SystemError) {
        var prefix = path.utf8.first == UInt8(ascii: "/") ? "/" : ""
        for component in path.split(separator: "/") {
            prefix += "\(component)/"
            guard mkdir(prefix, 0o755) == 0 || errno == EEXIST else { throw SystemError("mkdir", on: prefix) }
        }
    }

    // MARK: Content

    /// Whether content with that digest is here, whole. What is here was checked when it was renamed into place.
    public func contains(_ descriptor: Descriptor) throws(Failure) -> Bool {
        do throws(SystemError) { return try holds(descriptor) } catch { throw failure(error) }
    }

    /// See `contains`.
    func holds(_ descriptor: Descriptor) throws(SystemError) -> Bool {
        guard try blobs.entry(descriptor.digest.algorithm.rawValue) != nil else { return false }
        guard let entry = try folder(of: descriptor.digest).entry(descriptor.digest.hex) else { return false }
        return entry.isRegularFile && entry.size == descriptor.size
    }

    /// Reads small content and checks its digest; nil when it is not here.
    func content(of descriptor: Descriptor, limit: Int = Manifest.maximumBytes) throws(Failure) -> [UInt8]? {
        guard try contains(descriptor), descriptor.size <= Int64(limit) else { return nil }
        do throws(SystemError) {
            let bytes = try folder(of: descriptor.digest).open(descriptor.digest.hex, flags: O_RDONLY).readAll(limit: limit)
            return ContentHasher.digest(of: bytes, descriptor.digest.algorithm) == descriptor.digest ? bytes : nil
        } catch { throw failure(error) }
    }

    /// Stores small content whose digest has been computed from these bytes.
    func store(_ bytes: [UInt8], as digest: ContentDigest) throws(Failure) {
        do throws(SystemError) {
            try place(bytes, in: folder(of: digest), as: digest.hex)
        } catch { throw failure(error) }
    }

    func folder(of digest: ContentDigest) throws(SystemError) -> Folder {
        try blobs.folder(digest.algorithm.rawValue, creating: 0o755)
    }

    // MARK: index.json

    /// The descriptor of the image with that name, or nil.
    public func descriptor(named name: String) throws(Failure) -> Descriptor? {
        guard let index = try readIndex() else { return nil }
        for node in try index.root.asObject().optionalArray("manifests") ?? [] where Self.name(of: node) == name {
            return try Descriptor(node.asObject())
        }
        return nil
    }

    /// Gives the image `name` to `descriptor`: an older image of that name loses it, everything else in the index stays as it is.
    ///
    /// All content must be in place: its folders are brought to disk before the index that names it.
    public func setName(_ name: String, to descriptor: Descriptor, until deadline: Int64, cancellation: Cancellation?) throws(Failure) {
        do throws(SystemError) {
            // What others keep beside these folders is none of our business.
            for algorithm in ContentDigest.Algorithm.allCases where try blobs.entry(algorithm.rawValue) != nil {
                try blobs.folder(algorithm.rawValue).sync()
            }
            try blobs.sync()
            try rewriteIndex(name, descriptor, until: deadline, cancellation: cancellation)
        } catch { throw failure(error) }
    }

    /// Takes the name away from whatever image has it; its content stays until garbage is collected.
    func removeName(_ name: String, until deadline: Int64, cancellation: Cancellation?) throws(Failure) {
        do throws(SystemError) {
            try rewriteIndex(name, nil, until: deadline, cancellation: cancellation)
        } catch { throw failure(error) }
    }

    private func rewriteIndex(
        _ name: String, _ descriptor: Descriptor?, until deadline: Int64, cancellation: Cancellation?
    ) throws(SystemError) {
        let lock = try root.open("index.lock", flags: O_RDWR | O_CREAT, mode: 0o644)
        try lock.lock(until: deadline, cancellation: cancellation)
        // The lock ends with the descriptor: at the end of this function, or of this process.
        let bytes = try merged(name, descriptor)
        try place(bytes, in: root, as: "index.json")
        try root.sync()
        _ = lock.number
    }

    private func merged(_ name: String, _ descriptor: Descriptor?) throws(SystemError) -> [UInt8] {
        var kept: [JSONNode] = []
        var others: [JSONMember] = []
        do {
            if let index = try readIndex() {
                kept = (try index.root.asObject().optionalArray("manifests") ?? []).filter { Self.name(of: $0) != name }
                others = index.root.unknownMembers(known: ["schemaVersion", "mediaType", "manifests"])
            }
        } catch {
            throw SystemError("read", on: "\(path)/index.json (\(error.reason))", number: EBADMSG)
        }
        var json = JSONWriter()
        json.object { json in
            json.field("schemaVersion", 2)
            json.field("mediaType", MediaType.ociIndex)
            for member in others { json.field(member.key, member.value) }
            json.array("manifests") { json in
                for node in kept { json.value(node) }
                guard let descriptor else { return }
                json.object { json in
                    json.field("mediaType", descriptor.mediaType)
                    json.field("digest", descriptor.digest.description)
                    json.field("size", descriptor.size)
                    if let platform = descriptor.platform {
                        json.object("platform") { json in
                            json.field("architecture", platform.architecture)
                            json.field("os", platform.os)
                            if let variant = platform.variant { json.field("variant", variant) }
                        }
                    }
                    json.object("annotations") { json in
                        json.field(Self.containerdAnnotation, name)
                        json.field(Self.nameAnnotation, name)
                    }
                }
            }
        }
        return json.finishBytes(newline: true)
    }

    func readIndex() throws(Failure) -> JSONDocument? {
        let bytes: [UInt8]
        do throws(SystemError) {
            guard try root.entry("index.json") != nil else { return nil }
            bytes = try root.open("index.json", flags: O_RDONLY).readAll(limit: Self.indexLimit)
        } catch { throw failure(error) }
        return try JSONDocument(
            reading: bytes, from: JSONSource("\(path)/index.json", attempting: "reading the image layout", code: .corrupted))
    }

    static func name(of node: JSONNode) -> String? { node["annotations"]?[nameAnnotation]?.string }

    // MARK: Files

    private func checkVersion() throws(Failure) {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try root.open("oci-layout", flags: O_RDONLY).readAll(limit: 4096) } catch {
            throw failure(error)
        }
        let source = JSONSource("\(path)/oci-layout", attempting: "opening the image layout")
        let version = try JSONDocument(reading: bytes, from: source).root.asObject().requireString("imageLayoutVersion")
        guard version == "1.0.0" else {
            throw Failure(
                .unsupported, attempting: "opening the image layout", on: path,
                reason: "its version is \(version), and this program knows 1.0.0")
        }
    }

    /// Writes a file that has the same bytes whoever makes it, unless it is there.
    private func settle(_ name: String, _ text: String) throws(Failure) {
        do throws(SystemError) {
            if try root.entry(name) == nil { try place(Array(text.utf8), in: root, as: name) }
        } catch { throw failure(error) }
    }

    /// Writes `bytes` aside, brings them to disk and renames them into place.
    private func place(_ bytes: [UInt8], in folder: borrowing Folder, as name: String) throws(SystemError) {
        let draft = ".new-\(name)-\(getpid())-\(UInt32.random(in: .min ... .max))"
        let file = try ingest.open(draft, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
        do throws(SystemError) {
            let outcome = bytes.withUnsafeBytes { content -> Result<Void, SystemError> in
                do throws(SystemError) { return .success(try file.writeAll(content, at: 0)) } catch { return .failure(error) }
            }
            try outcome.get()
            try file.sync(name)
            try ingest.move(draft, to: folder, as: name)
        } catch {
            try? ingest.remove(draft)
            throw error
        }
    }

    func failure(_ error: SystemError) -> Failure { Self.failure(error, at: path) }

    /// A failure of the file system, with what to do about the usual ones.
    ///
    /// - Parameter place: Where it was, as far as the error does not say itself.
    static func failure(_ error: SystemError, attempting: String = "writing the image layout", at place: String = "") -> Failure {
        let advice =
            switch error.number {
            case ENOSPC, EDQUOT: "free some space, or choose another place with --dest or --output"
            case EACCES, EPERM, EROFS: "choose a folder that this user may write, with --dest or --output"
            case ENOTEMPTY: "choose an empty or new folder with --dest"
            case ELOOP: "replace the symbolic link by a folder or file"
            case EFBIG: "the limit of this process for file sizes (ulimit -f) may be too low"
            default: ""
            }
        let code: Failure.Code =
            switch error.number {
            case ETIMEDOUT: .timedOut
            case ECANCELED: .cancelled
            case EBADMSG: .corrupted
            default: .local
            }
        return Failure(
            code, attempting: attempting, on: error.subject.isEmpty ? place : error.subject, reason: "\(error.call): \(error.meaning)",
            advice: advice)
    }
}
