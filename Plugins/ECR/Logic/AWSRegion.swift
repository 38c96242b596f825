import TabardCore

/// The names of regions: one label of a host name that this plugin builds, so nothing else may hide in them.
enum AWSRegion {
    /// Whether the text can be a region: lower-case letters, digits, `-` and `_`.
    static func isPlausible(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.count <= 63
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F }
    }

    /// The region that somebody wrote, in lower case.
    static func checked(_ text: String, from place: String) throws(Failure) -> String {
        let region = text.lowercased()
        guard isPlausible(region) else {
            throw Failure(
                .invalid, attempting: "choosing the AWS region", on: place, reason: "\"\(text.prefix(80))\" is not the name of a region",
                advice: "write it as eu-west-1")
        }
        return region
    }
}
