import TabardTestSupport
import Testing

/// A run that failed as it should: with that status, nothing on standard output, words that say why, no trace of a crash and no secret.
func expectFailure(
    _ result: ToolResult, status: Int32, saying words: [String], hiding secrets: [String], output: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(result.status == status, "\(result)", sourceLocation: sourceLocation)
    #expect(result.output == output, "\(result)", sourceLocation: sourceLocation)
    for word in words { #expect(result.errors.lowercased().contains(word.lowercased()), "\(result)", sourceLocation: sourceLocation) }
    #expect(!result.errors.contains("Fatal error"), "\(result)", sourceLocation: sourceLocation)
    expectNoSecret(result, secrets, sourceLocation: sourceLocation)
}

/// Neither stream holds a secret in any form.
func expectNoSecret(_ result: ToolResult, _ secrets: [String], sourceLocation: SourceLocation = #_sourceLocation) {
    let findings = SecretScan(secrets).findings(in: result.output + "\n" + result.errors)
    #expect(findings.isEmpty, sourceLocation: sourceLocation)
}
