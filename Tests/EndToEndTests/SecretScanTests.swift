import TabardTestSupport
import Testing

/// A scan that finds nothing proves something only if it can find.
@Suite struct SecretScanTests {
    @Test(arguments: [
        "pass/word+of==many chars", "pass%2Fword%2Bof%3D%3Dmany%20chars", "cGFzcy93b3JkK29mPT1tYW55IGNoYXJz", #"pass\/word+of==many chars"#,
        "dXNlcjpwYXNzL3dvcmQrb2Y9PW1hbnkgY2hhcnM=", "b2F1dGg6cGFzcy93b3JkK29mPT1tYW55IGNoYXJz", "YToxOnBhc3Mvd29yZCtvZj09bWFueSBjaGFycw==",
        "…pass/word+of==…",
    ])
    func `a secret is found in every form`(form: String) {
        #expect(!SecretScan(["pass/word+of==many chars"]).findings(in: "before \(form) after").isEmpty)
    }

    @Test func `what is no secret is not found`() {
        #expect(SecretScan(["pass/word+of==many chars"]).findings(in: "password <redacted> cGFzc3dvcmQ=").isEmpty)
    }
}
