/// The names under which an installation has `provider-exec`, and what each stands for.
public enum ExecProgramName {
    /// The program's own name: it asks every provider, or those of `--provider`.
    public static let own = "provider-exec"

    /// The provider that each other name stands for, so that entries of a kubelet's configuration with different settings share one file.
    /// Pairs to walk through: the first use of a dictionary costs each start 100,000 instructions.
    public static let providers: KeyValuePairs = [
        "provider-exec-ecr": "aws-ecr-key", "provider-exec-gce": "google-container-registry", "provider-exec-acr": "azure-acr",
    ]

    /// The programs of the clouds whose command lines it takes under their names, and the provider that answers.
    public static let foreign: KeyValuePairs = [
        "ecr-credential-provider": "aws-ecr-key", "auth-provider-gcp": "google-container-registry", "acr-credential-provider": "azure-acr",
    ]

    /// The provider that `name` stands for; nil for every other name.
    public static func provider(ofOwn name: String) -> String? { providers.first { $0.key == name }?.value }

    /// The provider that answers for the cloud's program `name`; nil for every other name.
    public static func provider(ofForeign name: String) -> String? { foreign.first { $0.key == name }?.value }
}
