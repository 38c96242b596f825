import TabardCore

/// The places of `google-container-registry` in their order, as far as files and variables tell (docs/google.md).
enum GoogleIdentity {
    static func answer(_ question: IdentityQuestion) -> IdentityAnswer {
        if let file = question.setting("credentialsFile") {
            return self.file(file, "the setting credentialsFile", question)
        }
        if let file = question.variable("GOOGLE_APPLICATION_CREDENTIALS") {
            return self.file(file, "GOOGLE_APPLICATION_CREDENTIALS", question)
        }
        let server = ["GCE_METADATA_HOST", "GCE_METADATA_IP"].first { question.variable($0) != nil }
        if question.setting("metadataHost") != nil {
            return .found("the machine's service account, from the server of the setting metadataHost")
        }
        if let server { return .found("the machine's service account, from the server of \(server)") }
        let folder = question.variable("CLOUDSDK_CONFIG") ?? question.home.map { "\($0)/.config/gcloud" }
        if let folder, question.files.has("\(folder)/application_default_credentials.json") {
            return .found("what gcloud auth application-default login left")
                .warning(ifOpen: "\(folder)/application_default_credentials.json", question, "it")
        }
        let isGoogles = question.setting("gce").map { $0 == "true" } ?? (question.firmware.cloud == .google)
        guard isGoogles else {
            return IdentityAnswer(
                severity: .note, what: "none: nothing is set up, and this is no machine of Google's",
                why: "private images of Google's registries are not pulled",
                fix: "where they are wanted, set up an identity (docs/google.md)")
        }
        return .found("the machine's service account, from the metadata server")
    }

    private static func file(_ path: String, _ name: String, _ question: IdentityQuestion) -> IdentityAnswer {
        if let complaint = question.complaint(aboutFile: path) {
            return .broken("the file of \(name) cannot be used: \(complaint)", "put it there, or take \(name) away")
        }
        return IdentityAnswer.found("the credentials file of \(name)").warning(ifOpen: path, question, "it")
    }
}
