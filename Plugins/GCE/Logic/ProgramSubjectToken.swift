internal import TabardCore
internal import TabardJSON
internal import TabardPluginKit
internal import TabardSystem

/// A token that a program writes. Only with the operator's word: `GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1`; then without a shell, and
/// only a program that nobody else can write.
struct ProgramSubjectToken: SubjectTokenSource {
    private let words: [String]
    private let limit: Duration
    private let outputFile: String?
    private let details: SubjectTokenDetails
    private let surroundings: Surroundings

    private static let permission = "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"
    private static let maximumOutput = 64 << 10

    var name: String { "the subject token of \(words.first ?? "")" }

    init(_ node: JSONNode, _ details: SubjectTokenDetails, surroundings: Surroundings) throws(Failure) {
        let command = try node.require("command")
        words = try command.asString().split(whereSeparator: \.isWhitespace).map(String.init)
        guard words.first?.hasPrefix("/") == true else { throw command.failure("the program is not named by its whole path") }
        let milliseconds = try node.optionalInt64("timeout_millis") ?? 30_000
        guard (5000...120_000).contains(milliseconds) else { throw node.failure("timeout_millis is not between 5000 and 120000") }
        limit = .milliseconds(milliseconds)
        outputFile = try node.optionalString("output_file")
        self.details = details
        self.surroundings = surroundings
    }

    func token(call: PluginCall) throws(Failure) -> Secret {
        guard surroundings.variable(Self.permission) == "1" else {
            throw failure(
                .denied, "programs are not allowed to run for credentials",
                advice: "set \(Self.permission)=1 if you trust \(details.place) and its program")
        }
        if let kept = try? kept(call) { return kept }
        return try read(try run(call), now: call.unixTime)
    }

    /// What the program left for the next time, unless it has ended or is an error.
    private func kept(_ call: PluginCall) throws(Failure) -> Secret? {
        guard let outputFile, let bytes = try surroundings.file(outputFile),
            let answer = try? JSONDocument(parsing: bytes).root, answer["expiration_time"] != nil
        else { return nil }
        return try read(bytes, now: call.unixTime)
    }

    private func run(_ call: PluginCall) throws(Failure) -> Secret {
        let path = try TrustedProgram.path(of: words[0], for: "credential_source in \(details.place)")
        var environment = Environment.all
        environment["GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE"] = details.audience
        environment["GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE"] = details.type
        environment["GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE"] = "0"
        environment["GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL"] = details.email
        environment["GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE"] = outputFile
        var output = SecretBuffer(capacity: 4096)
        let ending: ChildEnding
        do {
            let child = try ChildProcess(ChildCommand(path: path, arguments: Array(words.dropFirst()), environment: environment))
            let end = SystemClocks().monotonicNanoseconds.addingSaturated(min(limit, call.remaining ?? limit))
            ending = try child.exchange(
                input: UnsafeRawBufferPointer(start: nil, count: 0), until: end, outputLimit: Self.maximumOutput
            ) { output.append($0) }.ending
        } catch {
            throw failure(.local, "\(error)")
        }
        switch ending {
        case .exited(0): return output.freeze()
        case .exited(let status): throw failure(.local, "the program ended with \(status)", advice: "run it by hand to see why")
        case .signalled(let number): throw failure(.local, "signal \(number) ended the program")
        case .timedOut: throw failure(.timedOut, "the program gave no answer in time; it was ended", advice: "raise timeout_millis")
        case .outputTooLarge: throw failure(.badResponse, "the program wrote more than 64 KiB")
        default: throw failure(.local, "nobody knows how the program ended")
        }
    }

    /// Reads what a program wrote (https://google.aip.dev/auth/4117, "Executable-sourced credentials"). Nothing of it is quoted.
    func read(_ output: Secret, now: UTCTime) throws(Failure) -> Secret {
        let source = JSONSource(words[0], attempting: "reading what the program of credential_source wrote", code: .badResponse)
        let answer = try JSONDocument(reading: output, from: source).root.asObject()
        guard try answer.requireInt64("version") == 1 else { throw answer.failure("its version is not 1", advice: "update the program") }
        guard try answer.requireBool("success") else {
            let code = try answer.optionalString("code") ?? "no code"
            throw failure(.denied, "the program says that it failed (\(code.prefix(64)))", advice: "run it by hand to see why")
        }
        let type = try answer.requireString("token_type")
        let isSAML = type == "urn:ietf:params:oauth:token-type:saml2"
        guard isSAML || type == "urn:ietf:params:oauth:token-type:jwt" || type == "urn:ietf:params:oauth:token-type:id_token" else {
            throw answer.failure("its token_type is none of jwt, id_token and saml2")
        }
        if let moment = try answer.optionalInt64("expiration_time") {
            guard moment > now.unixSeconds else { throw failure(.badResponse, "the token of the program has expired") }
        } else if outputFile != nil {
            throw answer.failure("expiration_time is missing, and needed because there is an output_file")
        }
        let token = try answer.requireSecret(isSAML ? "saml_response" : "id_token")
        guard !token.isEmpty else { throw answer.failure("the token is empty") }
        return token
    }

    private func failure(_ code: Failure.Code, _ reason: String, advice: String = "check the program of credential_source") -> Failure {
        Failure(code, attempting: "running the program of credential_source", on: words[0], reason: reason, advice: advice)
    }
}
