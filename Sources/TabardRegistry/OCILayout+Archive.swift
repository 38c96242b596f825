import Glibc
public import TabardCore
import TabardJSON
public import TabardSystem

/// Images as one file, for `ctr images import`, `podman load` and `skopeo copy`.
extension OCILayout {
    /// Writes the images with these names, which must be here and whole, as a tar stream.
    ///
    /// - Parameter file: Where the stream goes, from its position on; it may be a pipe.
    public func archive(
        _ names: [String], as format: ArchiveFormat, to file: borrowing FileDescriptor, cancellation: Cancellation?
    ) throws(Failure) {
        let use = try use(until: .max, cancellation: cancellation)
        defer { use.end() }
        let number = file.number
        let tar = TarWriter { (bytes) throws(SystemError) in
            if cancellation?.isCancelled == true { throw SystemError("write", number: ECANCELED) }
            try Self.writeAll(bytes, to: number)
        }
        switch format {
        case .ociArchive: try writeLayout(names, to: tar)
        case .dockerArchive: try writeDocker(names, to: tar)
        }
        do throws(SystemError) { try tar.end() } catch { throw Self.failure(error, attempting: "writing the archive") }
    }

    /// Writes an archive to a file; whoever reads it meanwhile sees the old one or the new one, whole.
    public func archive(_ names: [String], as format: ArchiveFormat, at path: String, cancellation: Cancellation?) throws(Failure) {
        let draft = "\(path).new-\(getpid())"
        func failure(_ error: SystemError) -> Failure { Self.failure(error, attempting: "writing the archive", at: path) }
        let file: FileDescriptor
        do throws(SystemError) {
            file = try FileDescriptor.open(draft, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        } catch { throw failure(error) }
        do throws(Failure) {
            try archive(names, as: format, to: file, cancellation: cancellation)
            do throws(SystemError) { try file.sync(draft) } catch { throw failure(error) }
            guard rename(draft, path) == 0 else { throw failure(SystemError("rename", on: path)) }
        } catch {
            unlink(draft)
            // A stream does not know its name.
            var failure = error
            if failure.subject.isEmpty { failure.subject = path }
            throw failure
        }
    }

    private static func writeAll(_ bytes: UnsafeRawBufferPointer, to number: Int32) throws(SystemError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = write(number, rest.baseAddress, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw SystemError("write") }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    // MARK: The layout itself

    private func writeLayout(_ names: [String], to tar: borrowing TarWriter) throws(Failure) {
        var blobs: [Descriptor] = []
        var seen: Set<ContentDigest> = []
        for name in names {
            for blob in try wholeContents(named: name).blobs where seen.insert(blob.digest).inserted { blobs.append(blob) }
        }
        let index = try readIndex()
        var json = JSONWriter()
        try json.object { (json) throws(Failure) in
            json.field("schemaVersion", 2)
            json.field("mediaType", MediaType.ociIndex)
            let nodes = try index?.root.asObject().optionalArray("manifests") ?? []
            json.array("manifests") { json in
                for node in nodes where Self.name(of: node).map(names.contains) == true { json.value(node) }
            }
        }
        let list = json.finishBytes(newline: true)
        do throws(SystemError) {
            try tar.file("oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
            try tar.file("index.json", list)
            try tar.folder("blobs")
            for algorithm in Set(blobs.map(\.digest.algorithm)).sorted(by: { $0.rawValue < $1.rawValue }) {
                try tar.folder("blobs/\(algorithm.rawValue)")
            }
            for blob in blobs { try copy(blob, as: Self.layoutName(blob), to: tar) }
        } catch { throw Self.failure(error, attempting: "writing the archive") }
    }

    /// Where a layout has it. The name of a sha512 digest is longer than tar's field, and nobody uses one: see `wholeContents`.
    private static func layoutName(_ blob: Descriptor) -> String { "blobs/\(blob.digest.algorithm.rawValue)/\(blob.digest.hex)" }

    // MARK: As docker save

    private func writeDocker(_ names: [String], to tar: borrowing TarWriter) throws(Failure) {
        var json = JSONWriter()
        var files: [(name: String, blob: Descriptor)] = []
        try json.array { (json) throws(Failure) in
            for name in names {
                let (manifest, _) = try wholeContents(named: name)
                guard case .image(let configuration, let layers) = manifest.content else {
                    throw Failure(
                        .unsupported, attempting: "writing a docker-archive", on: name, reason: "it is an index of several platforms",
                        advice: "choose one --platform, or --format oci-archive")
                }
                files.append(("\(configuration.digest.hex).json", configuration))
                json.object { json in
                    json.field("Config", "\(configuration.digest.hex).json")
                    // A name with a digest is no tag.
                    json.field("RepoTags", name.contains("@") ? [] : [name])
                    json.field("Layers", layers.map { "\($0.digest.hex).tar" })
                }
                files += layers.map { ("\($0.digest.hex).tar", $0) }
            }
        }
        let manifest = json.finishBytes(newline: true)
        var seen: Set<String> = []
        do throws(SystemError) {
            for (name, blob) in files where seen.insert(name).inserted { try copy(blob, as: name, to: tar) }
            try tar.file("manifest.json", manifest)
        } catch { throw Self.failure(error, attempting: "writing the archive") }
    }

    // MARK: Both

    private func wholeContents(named name: String) throws(Failure) -> (manifest: Manifest, blobs: [Descriptor]) {
        func refuse(_ code: Failure.Code, _ reason: String, _ advice: String) -> Failure {
            Failure(code, attempting: "writing the archive", on: name, reason: reason, advice: advice)
        }
        guard let top = try descriptor(named: name) else {
            throw refuse(.notFound, "the layout has no image of that name", "pull it first")
        }
        let contents = try contents(of: top)
        guard contents.isWhole, let bytes = try content(of: top) else {
            throw refuse(.notFound, "parts of it are missing", "pull it again with --policy Always")
        }
        guard contents.present.allSatisfy({ $0.digest.algorithm == .sha256 }) else {
            throw refuse(.unsupported, "it has sha512 digests, which no reader of archives knows", "keep it as a layout")
        }
        let manifest = try Manifest(bytes: bytes, digest: top.digest, contentType: top.mediaType, image: name)
        return (manifest, contents.present)
    }

    private func copy(_ blob: Descriptor, as name: String, to tar: borrowing TarWriter) throws(SystemError) {
        try tar.file(name, copying: folder(of: blob.digest).open(blob.digest.hex, flags: O_RDONLY), size: blob.size)
    }
}
