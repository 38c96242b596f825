import TabardCore
import TabardPluginKit
import TabardTestSupport
import Testing

@testable import TabardECR

/// Real programs, as a profile names them.
@Suite struct CredentialProcessTests {
    static let good =
        #"{"Version":1,"AccessKeyId":"AKIAPROC","SecretAccessKey":"hunter2","SessionToken":"t","Expiration":"2026-01-15T11:00:00Z"}"#

    private static func run(_ folder: TemporaryFolder, _ command: String) throws -> String {
        let config = folder.write("config", "[default]\ncredential_process = \(command)\n")
        let provider = try ECRProviderTests.provider(["AWS_CONFIG_FILE": config, "AWS_EC2_METADATA_DISABLED": "true"])
        let host = FakePluginHost(unixTime: ECRProviderTests.now) { _ in ECRProviderTests.answer(expires: nil) }
        _ = try provider.provide(ECRRuleTests.registry(), call: host.call)
        return host.requests.last?.header("Authorization") ?? ""
    }

    @Test func `a program's keys are used, its arguments unquoted and no shell between`() throws {
        let folder = TemporaryFolder()
        let script = #"[ "$1" = "a b" ] && [ "$2" = '~' ] && [ "$3" = 'c"*' ] && [ $# = 3 ] && echo '\#(Self.good)'"#
        let program = folder.write("keys", "#!/bin/sh\n\(script)\n", mode: 0o755)
        #expect(try Self.run(folder, #"\#(program) "a b" '~' c\"*"#).contains("Credential=AKIAPROC/"))
    }

    @Test(arguments: [
        ("echo hunter2; exit 3", Failure.Code.local, "ended with 3"), ("echo hunter2", .badResponse, "not JSON"),
        ("kill -9 $$", .local, "signal 9"),
        ("head -c 100000 /dev/zero", .badResponse, "64 KiB"), (#"echo '{"Version":2}'"#, .badResponse, "no Version 1"),
        (#"echo '{"Version":1,"AccessKeyId":"A"}'"#, .badResponse, "SecretAccessKey"),
        (
            #"echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"hunter2","Expiration":"2020-01-01T00:00:00Z"}'"#, .badResponse,
            "expired at"
        ),
        (#"echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"hunter2","Expiration":"soon"}'"#, .badResponse, "RFC 3339"),
    ])
    func `a program that fails is told from one that lies, and is not quoted`(script: String, code: Failure.Code, says: String) throws {
        let folder = TemporaryFolder()
        let program = folder.write("keys", "#!/bin/sh\n\(script)\n", mode: 0o755)
        let failure = try #require(failure { try Self.run(folder, program) })
        #expect(failure.code == code)
        #expect(failure.description.contains(says) && !failure.description.contains("hunter2"), "\(failure)")
    }

    @Test func `a program that others can change is not run`() throws {
        let folder = TemporaryFolder()
        let script = "#!/bin/sh\necho '\(Self.good)'\n"
        let open = folder.write("open", script, mode: 0o775)
        folder.write("shared/keys", script, mode: 0o755)
        _ = try Tool.run("chmod", ["777", folder.path("shared")])
        let link = folder.path("link")
        #expect(TemporaryFolder.link(open, at: link))
        for (program, says) in [
            (open, "mode 775"), (link, "mode 775"), (folder.path("shared/keys"), "mode 777"), (folder.path("config"), "not a program"),
            (folder.path("absent"), "No such file"), (folder.path, "not a program"),
        ] {
            let failure = try #require(failure { try Self.run(folder, program) })
            #expect(failure.description.contains(says), "\(failure)")
        }
    }

    @Test(arguments: [
        (#"/a b  'c d' "e f" g\ h"#, ["/a", "b", "c d", "e f", "g h"]), (#"/a "" ''"#, ["/a", "", ""]),
        (#""\a\"\\" '\'"#, [#"\a"\"#, #"\"#]),
        (#"a'b'"c""#, ["abc"]), ("  ", []), ("/a 'x|y' \"p;q\"", ["/a", "x|y", "p;q"]), ("/a *?~", ["/a", "*?~"]),
        ("/a '\u{6E0}'", ["/a", "\u{6E0}"]),
        ("/a \\$x", ["/a", "$x"]),
    ])
    func `words are those of a shell`(command: String, words: [String]) throws {
        #expect(try CommandWords.split(command).get() == words)
    }

    @Test(arguments: ["/a | b", "/a; b", "/a & b", "/a > b", "/a $x", "/a \"$x\"", "/a `b`", "(/a)", "'a", "\"a", "a\\"])
    func `what only a shell could do is refused`(command: String) {
        #expect(throws: CommandWords.Problem.self) { try CommandWords.split(command).get() }
    }

    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("https://ssotest.awsapps.com/start", "dace00cba5f8355ec9d274ceb2bcebdfbeed0e12"),
        (String(repeating: "a", count: 1000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
    ])
    func `logins lie under a SHA-1`(text: String, name: String) { #expect(SHA1FileName.of(text) == name) }
}
