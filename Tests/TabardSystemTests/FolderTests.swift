import Glibc
import Testing

@testable import TabardSystem

/// The path of a fresh folder.
private func freshFolder() throws -> String {
    var template = Array("/tmp/tabard-folder-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    return String(decoding: template.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}

private func removeFolder(_ path: String) {
    do {
        let folder = try Folder(path: path)
        for name in try folder.names() { try folder.remove(name) }
    } catch { Issue.record("\(error)") }
    rmdir(path)
}

private func bytes(_ text: String, _ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    try Array(text.utf8).withUnsafeBytes(body)
}

@Test func `a file is written aside, synced and moved into place`() throws {
    let path = try freshFolder()
    defer { removeFolder(path) }
    let folder = try Folder(path: path)
    let file = try folder.open("draft", flags: O_RDWR | O_CREAT | O_EXCL)
    try bytes("second") { try file.writeAll($0, at: 5) }
    try bytes("first") { try file.writeAll($0, at: 0) }
    try file.sync()
    let size = try file.size
    #expect(size == 11)
    try folder.move("draft", to: folder, as: "final")
    try folder.sync()
    let names = try folder.names()
    #expect(names == ["final"])
    let content = try folder.open("final", flags: O_RDONLY).readAll(limit: 11)
    #expect(String(decoding: content, as: UTF8.self) == "firstsecond")
    do {
        _ = try folder.open("final", flags: O_RDONLY).readAll(limit: 10)
        Issue.record("a file over the limit was read")
    } catch { #expect(error == SystemError("read", number: EFBIG)) }
}

@Test func `a symbolic link is never followed`() throws {
    let path = try freshFolder()
    defer { removeFolder(path) }
    let folder = try Folder(path: path)
    symlink("/etc/hostname", "\(path)/link")
    do {
        _ = try folder.open("link", flags: O_RDONLY)
        Issue.record("the link was followed")
    } catch { #expect(error == SystemError("open", on: "\(path)/link", number: ELOOP)) }
    let link = try folder.entry("link")
    #expect(link == Folder.Entry(isRegularFile: false, isFolder: false, size: 13))
    let nothing = try folder.entry("nothing")
    #expect(nothing == nil)
}

@Test func `a lock has one holder, and a replaced lock file is noticed`() throws {
    let path = try freshFolder()
    defer { removeFolder(path) }
    let folder = try Folder(path: path)
    let mine = try folder.open("lock", flags: O_RDWR | O_CREAT)
    let other = try folder.open("lock", flags: O_RDWR | O_CREAT)
    let first = try mine.tryLock()
    let second = try other.tryLock()
    #expect(first && !second)
    let before = try mine.isStill("lock", in: folder)
    _ = try folder.open("new", flags: O_RDWR | O_CREAT)
    try folder.move("new", to: folder, as: "lock")
    let after = try mine.isStill("lock", in: folder)
    #expect(before && !after)
}
