import TabardCore

/// The places of `azure-acr` in their order, as far as files and variables tell (docs/azure.md).
enum AzureIdentity {
    static func answer(_ question: IdentityQuestion) -> IdentityAnswer {
        let proofs = ["clientSecretFile", "clientCertificateFile", "federatedTokenFile", "managedIdentity"]
        let named = proofs.filter { question.setting($0) != nil }
        if named.count > 1 {
            return .broken("\(named.joined(separator: " and ")) are both set, and each is an identity of its own", "keep one of them")
        }
        if let proof = named.first, let value = question.setting(proof) {
            guard proof != "managedIdentity" else { return .found("the managed identity of the setting managedIdentity") }
            return file(value, "the setting \(proof)", "the application of the settings, with \(proof)", question)
        }
        if let path = question.setting("configFile") {
            return file(path, "the setting configFile", "what azure.json of the setting configFile says", question)
        }
        let (tenant, client) = (question.variable("AZURE_TENANT_ID"), question.variable("AZURE_CLIENT_ID"))
        let proof = ["AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE"].first {
            question.variable($0) != nil
        }
        if tenant != nil, client != nil, let proof {
            guard proof != "AZURE_CLIENT_SECRET" else { return .found("the application of AZURE_CLIENT_ID, with AZURE_CLIENT_SECRET") }
            return file(question.variable(proof) ?? "", proof, "the application of AZURE_CLIENT_ID, with \(proof)", question)
        }
        if let proof {
            return IdentityAnswer(
                severity: .warning,
                what: "\(proof) is set without \(tenant == nil ? "AZURE_TENANT_ID" : "AZURE_CLIENT_ID"), and is not used",
                why: "the machine's managed identity is used in its place", fix: "set AZURE_TENANT_ID and AZURE_CLIENT_ID too, or unset it")
        }
        return machine(question, client)
    }

    private static func machine(_ question: IdentityQuestion, _ client: String?) -> IdentityAnswer {
        let isAzures = question.setting("azure").map { $0 == "true" } ?? (question.firmware.cloud == .azure)
        guard isAzures else {
            return IdentityAnswer(
                severity: .note, what: "none: nothing is set up, and this is no machine of Azure's",
                why: "private images of ACR are not pulled", fix: "where they are wanted, set up an identity (docs/azure.md)")
        }
        return .found(
            client == nil ? "the machine's managed identity" : "the machine's managed identity with the client id of AZURE_CLIENT_ID")
    }

    private static func file(_ path: String, _ name: String, _ what: String, _ question: IdentityQuestion) -> IdentityAnswer {
        if let complaint = question.complaint(aboutFile: path) {
            return .broken("the file of \(name) cannot be used: \(complaint)", "put it there, or take \(name) away")
        }
        return IdentityAnswer.found(what).warning(ifOpen: path, question, "that file")
    }
}
