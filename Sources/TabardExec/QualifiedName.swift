/// A Kubernetes qualified name, `prefix/name` (k8s.io/apimachinery, pkg/util/validation).
enum QualifiedName {
    /// What is wrong with `text`, in the words of Kubernetes; nil when nothing is.
    static func complaint(about text: String) -> String? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let name = parts.last else {
            return "a qualified name must consist of an optional DNS subdomain prefix and '/' and a name"
        }
        if parts.count == 2 {
            if parts[0].isEmpty { return "prefix part must be non-empty" }
            if parts[0].utf8.count > 253 { return "prefix part must be no more than 253 characters" }
            let labels = parts[0].split(separator: ".", omittingEmptySubsequences: false)
            guard labels.allSatisfy({ isRun($0, alsoInside: "-", isLowerOnly: true) }) else {
                return "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
                    + "and must start and end with an alphanumeric character"
            }
        }
        if name.isEmpty { return "name part must be non-empty" }
        if name.utf8.count > 63 { return "name part must be no more than 63 characters" }
        guard isRun(name, alsoInside: "-_.", isLowerOnly: false) else {
            return
                "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
        }
        return nil
    }

    /// Whether it starts and ends with a letter or digit and has nothing else between but `inside`.
    private static func isRun(_ text: Substring, alsoInside inside: String, isLowerOnly: Bool) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): !isLowerOnly
            default: false
            }
        }
        guard let first = text.utf8.first, let last = text.utf8.last, isAlphanumeric(first), isAlphanumeric(last) else { return false }
        return text.utf8.allSatisfy { isAlphanumeric($0) || inside.utf8.contains($0) }
    }
}
