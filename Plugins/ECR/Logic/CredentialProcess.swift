import TabardCore
import TabardJSON
import TabardPluginKit
import TabardSigning
import TabardSystem

/// `credential_process` of a profile: a program that writes credentials ("AWS SDKs and Tools Reference Guide, Process credential provider").
///
/// No shell runs it, and only a program that nobody but root and the own user can write.
struct CredentialProcess {
    let command: String
    /// Whose it is, for messages.
    let profile: String

    private static let longest = Duration.seconds(30)
    private static let maximumOutput = 64 << 10

    /// Runs the program.
    ///
    /// - Throws: `.invalid` for a command that cannot be one, `.local` for a program that cannot be run or that fails, `.timedOut`,
    ///   `.badResponse`. Nothing that the program wrote is quoted.
    func credentials(call: PluginCall) throws(Failure) -> AWSCredentials {
        let words: [String]
        switch CommandWords.split(command) {
        case .success(let found): words = found
        case .failure(let problem):
            throw failure(.invalid, problem.reason, advice: "no shell runs it: write a program with plain arguments")
        }
        guard let program = words.first, program.hasPrefix("/") else {
            throw failure(.invalid, "the program is not named by its whole path", advice: "write credential_process = /path/of/program …")
        }
        let path = try TrustedProgram.path(of: program, for: "credential_process of profile \(profile)")
        var output = SecretBuffer(capacity: 4096)
        let ending: ChildEnding
        do {
            let child = try ChildProcess(ChildCommand(path: path, arguments: Array(words.dropFirst()), environment: Environment.all))
            let limit = min(Self.longest, call.remaining ?? Self.longest)
            let end = SystemClocks().monotonicNanoseconds.addingSaturated(limit)
            ending = try child.exchange(
                input: UnsafeRawBufferPointer(start: nil, count: 0), until: end, outputLimit: Self.maximumOutput
            ) { output.append($0) }.ending
        } catch {
            throw failure(.local, "\(error)")
        }
        switch ending {
        case .exited(0): break
        case .exited(let status): throw failure(.local, "the program ended with \(status)", advice: "run it by hand to see why")
        case .signalled(let number): throw failure(.local, "signal \(number) ended the program")
        case .timedOut: throw failure(.timedOut, "the program gave no answer in time; it was ended")
        case .outputTooLarge: throw failure(.badResponse, "the program wrote more than 64 KiB")
        default: throw failure(.local, "nobody knows how the program ended")
        }
        return try read(output.freeze(), now: call.unixTime)
    }

    /// Reads what a program wrote.
    func read(_ output: Secret, now: UTCTime) throws(Failure) -> AWSCredentials {
        let root: JSONNode
        do {
            root = try JSONDocument(parsing: output).root
        } catch {
            throw failure(.badResponse, "what the program wrote is not JSON: \(error)")
        }
        guard root["Version"]?.int64 == 1 else { throw failure(.badResponse, "what the program wrote has no Version 1") }
        guard let keyID = root["AccessKeyId"]?.string, !keyID.isEmpty else {
            throw failure(.badResponse, "what the program wrote has no AccessKeyId")
        }
        guard let secret = root["SecretAccessKey"]?.secret, !secret.isEmpty else {
            throw failure(.badResponse, "what the program wrote has no SecretAccessKey")
        }
        var expires: UTCTime?
        if let text = root["Expiration"]?.string {
            guard let moment = UTCTime(rfc3339: text) else {
                throw failure(.badResponse, "the Expiration that the program wrote is not a time of RFC 3339")
            }
            guard moment > now else { throw failure(.badResponse, "what the program wrote expired at \(moment.rfc3339)") }
            expires = moment
        }
        let token = root["SessionToken"]?.secret.flatMap { $0.isEmpty ? nil : $0 }
        return AWSCredentials(accessKeyID: keyID, secretAccessKey: secret, sessionToken: token, expires: expires)
    }

    private func failure(_ code: Failure.Code, _ reason: String, advice: String = "") -> Failure {
        Failure(code, attempting: "running credential_process", on: "profile \(profile)", reason: reason, advice: advice)
    }
}
