import TabardCore

/// The places of `aws-ecr-key` in their order, as far as files and variables tell (docs/aws.md).
enum AWSIdentity {
    static func answer(_ question: IdentityQuestion) -> IdentityAnswer {
        func variable(_ name: String) -> String? { question.variable(name) }
        switch (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
        case (.some, .some): return .found("keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        case (.some, nil): return .broken("AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY", "set both or none")
        case (nil, .some): return .broken("AWS_SECRET_ACCESS_KEY is set without AWS_ACCESS_KEY_ID", "set both or none")
        case (nil, nil): break
        }
        switch (variable("AWS_WEB_IDENTITY_TOKEN_FILE"), variable("AWS_ROLE_ARN")) {
        case (let file?, .some):
            if let complaint = question.complaint(aboutFile: file) {
                return .broken(
                    "the file of AWS_WEB_IDENTITY_TOKEN_FILE cannot be used: \(complaint)", "mount the token, or unset the variable")
            }
            return .found("the role of AWS_ROLE_ARN, with the token in AWS_WEB_IDENTITY_TOKEN_FILE")
        case (.some, nil): return .broken("AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN", "set both or none")
        default: break
        }
        if let answer = profile(question) { return answer }
        if let name = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"].first(where: { variable($0) != nil })
        {
            return .found("the container's role, from the endpoint of \(name)")
        }
        return instance(question)
    }

    private static func profile(_ question: IdentityQuestion) -> IdentityAnswer? {
        let home = question.home
        let config = question.variable("AWS_CONFIG_FILE") ?? home.map { "\($0)/.aws/config" }
        let keys = question.variable("AWS_SHARED_CREDENTIALS_FILE") ?? home.map { "\($0)/.aws/credentials" }
        let name = question.variable("AWS_PROFILE") ?? question.variable("AWS_DEFAULT_PROFILE")
        func has(_ headers: [String], _ path: String?) -> Bool {
            guard let path, let text = question.files.text(path) else { return false }
            return text.split(separator: "\n").contains { line in headers.contains(String(line.prefix { $0 != "]" } + "]")) }
        }
        let wanted = name ?? "default"
        let isThere = has(["[profile \(wanted)]"] + (wanted == "default" ? ["[default]"] : []), config) || has(["[\(wanted)]"], keys)
        guard isThere else {
            guard name != nil else { return nil }
            return .broken("the profile of AWS_PROFILE is in none of the files", "aws configure list-profiles shows those that are")
        }
        let answer = IdentityAnswer.found(name == nil ? "the profile default" : "the profile of AWS_PROFILE")
        return keys.map { answer.warning(ifOpen: $0, question, "the credentials file") } ?? answer
    }

    private static func instance(_ question: IdentityQuestion) -> IdentityAnswer {
        let isAmazons = question.setting("ec2").map { $0 == "true" } ?? (question.firmware.cloud == .amazon)
        if question.variable("AWS_EC2_METADATA_DISABLED")?.lowercased() == "true" {
            return IdentityAnswer(
                severity: isAmazons ? .error : .note, what: "none: AWS_EC2_METADATA_DISABLED is true, and nothing else is set up",
                why: "private images of ECR are not pulled", fix: "unset it, or set up keys, a role or a profile (docs/aws.md)")
        }
        guard isAmazons else {
            return IdentityAnswer(
                severity: .note, what: "none: nothing is set up, and this is no machine of Amazon's",
                why: "private images of ECR are not pulled", fix: "where they are wanted, set up an identity (docs/aws.md)")
        }
        return .found(
            "the instance's role, from instance metadata version 2",
            why: "in a container it answers only when HttpPutResponseHopLimit is 2 or more")
    }
}
