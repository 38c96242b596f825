import Glibc
import TabardCore
import TabardJSON
import TabardSystem
import TabardTestSupport

@testable import TabardPullRecords

/// Records in a folder of their own, and what the fixtures call secrets.
struct RecordsFixture {
    let folder = TemporaryFolder()
    let records: PullRecords

    static let now = UTCTime(unixNanoseconds: 1_800_000_000_000_000_000)

    init() throws { records = try PullRecords(in: Folder(path: folder.path)) }

    /// What lies in `pulling` or `pulled`.
    func names(in place: String) throws -> [String] { try FileSystem.names(in: folder.path("image_manager/\(place)")) }

    /// The record of an image, as it stands on disk.
    func record(of imageRef: String) throws -> ImagePulledRecord? { try records.record(of: imageRef) }

    /// Writes the records of a fixture as an earlier run has done.
    func leave(_ record: ImagePulledRecord) {
        folder.write("image_manager/pulled/\(PullRecords.fileName(record.imageRef))", record.json)
    }

    /// `"nodePodsAccessible"`, or a list of secrets as objects or as arrays of namespace, name, uid and hash.
    static func credentials(_ node: JSONNode) throws -> RecordedCredentials {
        if node.string == "nodePodsAccessible" { return RecordedCredentials(isOpenToNode: true) }
        return RecordedCredentials(secrets: try node.asArray().map(secret))
    }

    static func secret(_ node: JSONNode) throws -> RecordedCredentials.RecordedSecret {
        guard node.kind == .array else {
            return RecordedCredentials.RecordedSecret(coordinates: try coordinates(node), hash: try node.optionalString("hash") ?? "")
        }
        let words = try node.asStrings()
        return RecordedCredentials.RecordedSecret(
            coordinates: ObjectCoordinates(uid: words[2], namespace: words[0], name: words[1]), hash: words[3])
    }

    static func coordinates(_ node: JSONNode) throws -> ObjectCoordinates {
        ObjectCoordinates(
            uid: try node.requireString("uid"), namespace: try node.requireString("namespace"), name: try node.requireString("name"))
    }

    /// The three records that the kubelet's own tests start with.
    static func known(_ imageRef: String) -> ImagePulledRecord {
        var record = ImagePulledRecord(imageRef: imageRef, lastUpdated: UTCTime(unixNanoseconds: 1_729_513_600_000_000_000))
        let secret = RecordedCredentials.RecordedSecret(
            coordinates: ObjectCoordinates(uid: "testsecretuid", namespace: "default", name: "pull-secret"), hash: "testsecrethash")
        switch imageRef {
        case "testimageref": record.credentials["docker.io/testing/test"] = RecordedCredentials(secrets: [secret])
        case "testimage-anonpull": record.credentials["docker.io/testing/test"] = RecordedCredentials(isOpenToNode: true)
        default: break
        }
        return record
    }
}
