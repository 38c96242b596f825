import TabardCore
@testable import TabardECR
import TabardPluginKit
import TabardSigning

/// What ECR, STS and instance metadata answer, and host names: whatever arrives, nothing of it but a documented part reaches a message.
func fuzz(_ input: UnsafeRawBufferPointer) {
    let body = Secret(copying: input)
    for isPublic in [false, true] {
        do {
            let authorization = try ECRAuthorization(parsing: body, isPublic: isPublic, from: "ecr")
            require(!authorization.username.isEmpty && !authorization.password.isEmpty, "an answer has a user and a password")
            require(isPrintable(authorization.username.escapingControlCharacters()), "a user name can be shown")
        } catch {
            check(error, .badResponse)
        }
    }
    do {
        let credentials = try STSClient.credentials(in: body, from: "sts")
        require(!credentials.accessKeyID.isEmpty && !credentials.secretAccessKey.isEmpty, "credentials are whole")
    } catch {
        check(error, .badResponse)
    }
    do {
        let credentials = try AWSCredentials(json: body, from: "imds")
        require(credentials.sessionToken?.isEmpty == false, "credentials are whole")
    } catch {
        check(error, .badResponse)
    }
    do {
        let credentials = try SingleSignOn.credentials(in: body, from: "portal")
        require(credentials.sessionToken?.isEmpty == false, "credentials are whole")
    } catch {
        check(error, .badResponse)
    }
    do {
        let process = CredentialProcess(command: "/bin/x", profile: "p")
        let credentials = try process.read(body, now: UTCTime(unixNanoseconds: 0))
        require(!credentials.accessKeyID.isEmpty && !credentials.secretAccessKey.isEmpty, "credentials are whole")
    } catch {
        check(error, .badResponse)
    }
    profiles(body)
    if case .success(let words) = CommandWords.split(text(input)) {
        // Quoted again, they are the same words.
        let quoted = words.map { word in
            "'" + word.unicodeScalars.map { $0 == "'" ? #"'\''"# : String($0) }.joined() + "'"
        }
        require((try? CommandWords.split(quoted.joined(separator: " ")).get()) == words, "words survive quoting")
    }
    let refusal = AWSRefusal(PluginHTTPResponse(status: 400, body: body), now: UTCTime(unixNanoseconds: 0))
    require(refusal.message.utf8.count <= 2000 && refusal.code.utf8.count <= 500, "what is quoted is bounded")
    if let url = try? WebURL("https://api.ecr.eu-west-1.amazonaws.com/") {
        let request = AWSRequest(
            endpoint: AWSEndpoint(service: .ecr, region: "eu-west-1", url: url), permission: "p", headers: [], body: Secret(""))
        require(isPrintable("\(refusal.failure(of: request, credentials: nil))"), "a failure is one printable line")
    }

    let name = text(input)
    guard let host = ECRHost(name) else { return }
    let lower = name.lowercased()
    require(lower.utf8.allSatisfy { 0x21..<0x7F ~= $0 }, "a host name is ASCII")
    require(ECRHost(lower) == host, "case does not matter")
    require(host.isPublic || host.account?.utf8.count == 12, "an account has twelve digits")
    require(
        [
            "ecr.aws", "aws.com", "amazonaws.com", "on.aws", "amazonaws.com.cn", "on.amazonwebservices.com.cn", "amazonaws.eu",
            "c2s.ic.gov",
            "sc2s.sgov.gov", "cloud.adc-e.uk", "csp.hci.ic.gov",
        ].contains { lower.hasSuffix(".\($0)") }, "the domain is one of AWS's")
    let endpoint = AWSService.ecr.host(region: host.region, isFIPS: host.isFIPS, isDualStack: host.isDualStack)
    require((try? WebURL("https://\(endpoint)/"))?.host == endpoint, "an endpoint is a host name and nothing else")
}

/// The shared files: whatever is in them, reading ends, and what is chosen from them is printable or refused.
private func profiles(_ content: Secret) {
    let environment = AWSEnvironment(file: { _ in content }, value: { $0 == "HOME" ? "/h" : nil })
    do {
        let profiles = try AWSProfiles(environment: environment)
        for (name, profile) in profiles.all { require(name == profile.name && !name.isEmpty, "a profile is found under its name") }
        for service in AWSService.allCases {
            guard let endpoint = try? AWSEndpoint(service, region: "eu-west-1", following: nil, override: nil, environment: environment)
            else { continue }
            require(isPrintable(endpoint.url.description), "an endpoint can be shown")
        }
        if let profile = profiles.chosen { _ = try? SingleSignOn(profile: profile, in: profiles, environment: environment) }
    } catch {
        check(error, .invalid)
    }
}

private func check(_ failure: Failure, _ code: Failure.Code) {
    require(failure.code == code, "an unusable answer is a bad response")
    require(isPrintable("\(failure)"), "a failure is one printable line")
}
