import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardHost

@Suite struct PluginTrustTests {
    /// However a path is written, and whatever links are on its way, it is judged as what it leads to.
    @Test func `a path is judged as what it leads to`() throws {
        let folder = TemporaryFolder()
        folder.write("open/file", "")
        try changeMode(of: folder.path("open"), to: 0o1777)
        #expect(TemporaryFolder.link("open", at: folder.path("to-open")))
        #expect(TemporaryFolder.link("/proc/version", at: folder.path("to-file")))
        let trust = PluginTrust.ownersOnly
        let paths =
            ["/", "/proc/version", "//proc//version", "/proc/../proc/./version", "/proc/self/exe", "/usr/lib"]
            + ["open/file", "to-open/file", "open/../open/file", "to-file", "open"].map(folder.path)
        for path in paths {
            let judgement = try trust.judge(path)
            let resolved = try FileSystem.resolvedPath(path)
            #expect(judgement.resolved == resolved, "\(path)")
            #expect(judgement.complaint == (try trust.complaint(aboutFileAndFolders: resolved)), "\(path)")
            #expect(judgement.status.inode == (try FileStatus(of: resolved).inode), "\(path)")
        }
        #expect(try trust.judge(folder.path("to-open/file")).complaint?.contains("can be written by everybody") == true)
        #expect(throws: SystemError.self) { try trust.judge(folder.path("open/none")) }
        #expect(try PluginTrust.relaxed.judge(folder.path("to-open/file")).complaint == nil)
    }

    @Test func `a file is judged with its folder, and a link in it as what it leads to`() throws {
        let folder = TemporaryFolder()
        folder.write("open/file", "")
        try changeMode(of: folder.path("open"), to: 0o777)
        #expect(TemporaryFolder.link("/proc/version", at: folder.path("open/elsewhere")))
        #expect(TemporaryFolder.link(folder.path("open/file"), at: folder.path("back")))
        let trust = PluginTrust.ownersOnly
        let open = try trust.judge(folder.path("open"))
        #expect(try trust.judge("file", in: open).complaint == open.complaint && open.complaint != nil)
        #expect(try trust.judge("elsewhere", in: open).complaint == nil)
        let proc = try trust.judge("/proc")
        #expect(try trust.judge("version", in: proc).complaint == nil)
        #expect(try trust.judge("back", in: try trust.judge(folder.path)).resolved == FileSystem.resolvedPath(folder.path("open/file")))
        #expect(throws: SystemError.self) { try trust.judge("none", in: proc) }
        #expect(try PluginTrust.relaxed.judge("file", in: try PluginTrust.relaxed.judge(folder.path("open"))).complaint == nil)
    }
}
