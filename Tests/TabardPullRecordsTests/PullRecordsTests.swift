import Glibc
import TabardCore
import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardPullRecords

/// What is written down about pulls, and when it goes.
@Suite struct PullRecordsTests {
    @Test(arguments: try Fixtures.json("pull-records/merging.json").elements)
    func `credentials are merged as the fixture says`(_ example: JSONNode) throws {
        var known: [String: RecordedCredentials] = [:]
        for member in try example.requireObject("existing").members { known[member.key] = try RecordsFixture.credentials(member.value) }
        var merged = known[try example.requireString("image")] ?? RecordedCredentials()
        let isChanged = merged.merge(try RecordsFixture.credentials(try example.require("new")))
        #expect(isChanged)
        #expect(merged == (try RecordsFixture.credentials(try example.require("result_for_image"))))
        let isChangedAgain = merged.merge(try RecordsFixture.credentials(try example.require("new")))
        #expect(!isChangedAgain)
    }

    @Test func `what is open to the node stays so, and takes the place of secrets`() throws {
        var credentials = RecordedCredentials(secrets: [.init(coordinates: .none, hash: "h")])
        let wasOpened = credentials.merge(RecordedCredentials(isOpenToNode: true))
        #expect(wasOpened && credentials == RecordedCredentials(isOpenToNode: true))
        let wasChanged = credentials.merge(RecordedCredentials(secrets: [.init(coordinates: .none, hash: "h")]))
        #expect(!wasChanged)
        #expect(credentials == RecordedCredentials(isOpenToNode: true))
    }

    @Test func `logins without a Secret do not pile up`() {
        var credentials = RecordedCredentials()
        for number in 0..<300 { _ = credentials.merge(RecordedCredentials(secrets: [.init(coordinates: .none, hash: "h\(number)")])) }
        #expect(credentials.secrets.count == 100 && credentials.secrets.contains { $0.hash == "h299" })
    }

    @Test(arguments: try Fixtures.json("pull-records/recording.json").elements)
    func `a pull is recorded as the fixture says`(_ example: JSONNode) throws {
        let fixture = try RecordsFixture()
        for name in try example.requireArray("existing_pulled") { fixture.leave(RecordsFixture.known(try name.asString())) }
        let image = try example.requireString("image")
        let imageRef = try example.requireString("image_ref")
        let before = try fixture.record(of: imageRef)
        try fixture.records.intend(image)
        #expect(try fixture.names(in: "pulling") == [example.requireString("pulling_file")])
        try fixture.records.record(
            try RecordsFixture.credentials(try example.require("credentials")), for: try ImageReference(image).name, imageRef: imageRef,
            now: RecordsFixture.now)
        try fixture.records.forgetIntent(image)
        #expect(try fixture.names(in: "pulling").isEmpty)
        #expect(try fixture.names(in: "pulled").contains(try example.requireString("pulled_file")))
        let after = try #require(try fixture.record(of: imageRef))
        for member in try example.requireObject("mapping_after").members {
            #expect(after.credentials[member.key] == (try RecordsFixture.credentials(member.value)))
        }
        #expect(after.credentials.count == (try example.requireObject("mapping_after").members.count))
        #expect((after.lastUpdated != before?.lastUpdated) == (try example.requireBool("lastUpdatedTime_changed")))
    }

    @Test(arguments: try Fixtures.json("pull-records/intents.json").elements)
    func `an intent has the kubelet's name and form, for this user alone`(_ example: JSONNode) throws {
        let fixture = try RecordsFixture()
        let image = try example.requireString("image")
        #expect(try !fixture.records.isIntended(image))
        try fixture.records.intend(image)
        try fixture.records.intend(image)
        let file = try example.requireString("file")
        #expect(try fixture.names(in: "pulling") == [file])
        #expect(try fixture.records.isIntended(image))
        let path = fixture.folder.path("image_manager/pulling/\(file)")
        #expect(try ImagePullIntent(FileSystem.contents(of: path, limit: 4096), file: path) == ImagePullIntent(image: image))
        #expect(try FileStatus(of: path).mode & 0o777 == 0o600)
        for folder in ["", "/pulling", "/pulled"] {
            #expect(try FileStatus(of: fixture.folder.path("image_manager\(folder)")).mode & 0o777 == 0o700)
        }
    }

    @Test(arguments: try Fixtures.json("pull-records/ended-early.json").elements)
    func `a pull that ended early leaves its image to nobody`(_ example: JSONNode) throws {
        let fixture = try RecordsFixture()
        let recorded = try example.requireArray("recorded").map { try $0.asString() }
        for name in recorded { fixture.leave(RecordsFixture.known(name)) }
        for image in try example.requireArray("intents") { try fixture.records.intend(try image.asString()) }
        let images = try example.requireArray("images").map { (name: try $0.asStrings()[0], imageRef: try $0.asStrings()[1]) }
        _ = try fixture.records.prune(
            keeping: images + recorded.map { (name: "", imageRef: $0) }, now: RecordsFixture.now)
        let created = try example.requireArray("created").map { try $0.asString() }
        #expect(try Set(fixture.names(in: "pulled")) == Set((recorded + created).map(PullRecords.fileName)))
        for name in created { #expect(try fixture.record(of: name)?.credentials == [:]) }
        for name in recorded { #expect(try fixture.record(of: name) == RecordsFixture.known(name)) }
        #expect(try fixture.names(in: "pulling").isEmpty)
    }

    @Test(arguments: try Fixtures.json("pull-records/pruning.json").elements)
    func `records of images that are gone go`(_ example: JSONNode) throws {
        let fixture = try RecordsFixture()
        for name in try example.requireArray("records") { fixture.leave(RecordsFixture.known(try name.asString())) }
        let images = try example.requireArray("images").map { (name: "", imageRef: try $0.asString()) }
        _ = try fixture.records.prune(keeping: images, now: RecordsFixture.now)
        #expect(
            try Set(fixture.names(in: "pulled")) == Set(example.requireArray("left").map { PullRecords.fileName(try $0.asString()) }))
    }

    @Test(arguments: try Fixtures.json("pull-records/formats.json").elements)
    func `records of either version are read, and written in the newer`(_ example: JSONNode) throws {
        let text = try example.requireString("json")
        let record = try ImagePulledRecord(Array(text.utf8), file: "record")
        let written = String(decoding: record.json, as: UTF8.self)
        #expect(written.contains(#""apiVersion":"kubelet.config.k8s.io/v1beta1""#))
        #expect(try ImagePulledRecord(record.json, file: "again") == record)
        #expect(record.credentials.values.allSatisfy { $0.secrets.map(\.hash) == ["testsecrethash"] && !$0.isOpenToNode })
        if text.contains("v1beta1") { #expect(written == text) }
    }

    @Test func `a draft that a power cut left is in nobody's way, and a link is not followed`() throws {
        let fixture = try RecordsFixture()
        let name = PullRecords.fileName("ref")
        let outside = fixture.folder.write("outside", "precious".utf8)
        #expect(TemporaryFolder.link(outside, at: fixture.folder.path("image_manager/pulled/\(name).tmp")))
        try fixture.records.record(RecordedCredentials(of: nil), for: "r.example/app", imageRef: "ref", now: RecordsFixture.now)
        #expect(try fixture.names(in: "pulled") == [name])
        #expect(try FileStatus(of: fixture.folder.path("image_manager/pulled/\(name)")).mode & 0o777 == 0o600)
        #expect(try FileSystem.contents(of: outside, limit: 100) == Array("precious".utf8))
        // And a record that is a link is no record: nobody is let in by it.
        try fixture.records.forget(imageRef: "ref")
        #expect(TemporaryFolder.link(outside, at: fixture.folder.path("image_manager/pulled/\(name)")))
        #expect(throws: Failure.self) {
            try fixture.records.access(
                of: ImageRequester(), to: ImageReference("r.example/app:1"), imageRef: "ref", under: CredentialVerification())
        }
    }

    @Test func `whoever writes is alone, and whoever waits too long is told`() throws {
        let fixture = try RecordsFixture()
        let other = try PullRecords(in: Folder(path: fixture.folder.path))
        try fixture.records.withLock(shared: true, until: .max, cancellation: nil) { () throws(Failure) in
            try other.withLock(shared: true, until: 0, cancellation: nil) { () throws(Failure) in }
            let failure = #expect(throws: Failure.self) {
                try other.withLock(until: 0, cancellation: nil) { () throws(Failure) in }
            }
            #expect(failure?.code == .timedOut)
        }
        try other.withLock(until: 0, cancellation: nil) { () throws(Failure) in }
    }
}
