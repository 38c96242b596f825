import TabardCore
import TabardJSON

/// `mirrors` and `insecureRegistries`.
extension TabardConfiguration {
    static func readMirrors(_ root: JSONNode) throws(Failure) -> [String: [MirrorLocation]] {
        var mirrors: [String: [MirrorLocation]] = [:]
        for member in try root["mirrors"]?.asObject().members ?? [] {
            let registry = try readRegistry(member.key, member.value)
            guard mirrors[registry] == nil else { throw member.value.failure("is a second list for the registry \(registry)") }
            mirrors[registry] = try member.value.asArray().map { node throws(Failure) in
                let location: MirrorLocation
                let text = try node.asString()
                do throws(Failure) {
                    location = try MirrorLocation(text)
                } catch {
                    throw node.failure("is no registry", advice: error.advice)
                }
                guard location.description != registry else { throw node.failure("is the registry itself", advice: "leave it out") }
                return location
            }
        }
        return mirrors
    }

    static func readInsecureRegistries(_ root: JSONNode) throws(Failure) -> Set<String> {
        Set(
            try (root["insecureRegistries"]?.asArray() ?? []).map { node throws(Failure) in
                try readRegistry(try node.asString(), node)
            })
    }

    private static func readRegistry(_ text: String, _ node: JSONNode) throws(Failure) -> String {
        guard let registry = MirrorLocation.registry(text) else {
            throw node.failure("is for \"\(text)\", which is no registry", advice: "write HOST or HOST:PORT, as image names do")
        }
        return registry
    }
}
