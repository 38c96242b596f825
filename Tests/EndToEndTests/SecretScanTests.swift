import TabardTestSupport
import Testing

/// A scan that finds nothing proves something only if it can find.
@Suite struct SecretScanTests {
    @Test(arguments: [
        "pass/word+of==many chars", "pass%2Fword%2Bof%3D%3Dmany%20chars", "cGFzcy93b3JkK29mPT1tYW55IGNoYXJz", #"pass\/word+of==many chars"#,
        "dXNlcjpwYXNzL3dvcmQrb2Y9PW1hbnkgY2hhcnM=", "b2F1dGg6cGFzcy93b3JkK29mPT1tYW55IGNoYXJz", "YToxOnBhc3Mvd29yZCtvZj09bWFueSBjaGFycw==",
        "…pass/word+of==…", "…==many chars",
    ])
    func `a secret is found in every form`(form: String) {
        #expect(!SecretScan(["pass/word+of==many chars"]).findings(in: "before \(form) after").isEmpty)
    }

    /// Whatever test runs it, and whether or not that test looks.
    @Test func `a program of ours that shows a secret of any test fails the test that runs it`() throws {
        let secret = "a/suite-wide+secret"
        SuiteSecrets.note([secret])
        let folder = TemporaryFolder()
        let shown = "{\"auths\": {\"r.io\": {\"username\": \"\(secret)\", \"password\": \"p\"}}}"
        let arguments = ["explain", "r.io/app", "--docker-config", folder.write("config.json", shown)]
        // A username is no secret for the program, so it is shown.
        #expect(throws: Tool.ShownSecret.self) {
            try Tool.run(StagedTools.path("tabard"), arguments, environment: ["HOME": folder.path, "TABARD_PLUGIN_PATH": folder.path])
        }
    }

    @Test func `what is no secret is not found`() {
        #expect(SecretScan(["pass/word+of==many chars"]).findings(in: "password <redacted> cGFzc3dvcmQ=").isEmpty)
    }
}
