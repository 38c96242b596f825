/// The names under which an installation has `provider-exec`, and what each stands for.
public enum ExecProgramName {
    /// The program's own name: it asks every provider, or those of `--provider`.
    public static let own = "provider-exec"

    /// The provider that each other name stands for, so that entries of a kubelet's configuration with different settings share one file.
    public static let providers = [
        "provider-exec-ecr": "aws-ecr-key", "provider-exec-gce": "google-container-registry", "provider-exec-acr": "azure-acr",
    ]

    /// The programs of the clouds whose command lines it takes under their names, and the provider that answers.
    public static let foreign = [
        "ecr-credential-provider": "aws-ecr-key", "auth-provider-gcp": "google-container-registry", "acr-credential-provider": "azure-acr",
    ]
}
