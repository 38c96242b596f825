import TabardCore
import TabardJSON

/// Reads the providers of a CredentialProviderConfig and goes on after a mistake, so that all of them are told at once.
///
/// The checks are those of the kubelet's validation (pkg/credentialprovider/plugin/config.go), in its words.
struct CredentialProviderConfigReader {
    let revision: CredentialProviderConfig.Revision
    private(set) var complaints: [String] = []
    private(set) var warnings: [String] = []

    init(revision: CredentialProviderConfig.Revision) { self.revision = revision }

    mutating func plugins(of root: JSONNode) -> [CredentialProviderConfig.Plugin] {
        let nodes = value(or: []) { () throws(Failure) in try root.optionalArray("providers") ?? [] }
        if nodes.isEmpty && complaints.isEmpty { complain(root, "providers: Required value: at least 1 item in plugins is required") }
        var names: Set<String> = []
        return nodes.compactMap { node in
            let plugin = plugin(node)
            if let plugin, !names.insert(plugin.name).inserted {
                complain(node, "\(node.path).name: duplicate provider name \"\(plugin.name)\" found in configuration file(s)")
            }
            return plugin
        }
    }

    private mutating func plugin(_ node: JSONNode) -> CredentialProviderConfig.Plugin? {
        let before = complaints.count
        guard node.kind == .object else {
            complain(node, "\(node.path) is no object")
            return nil
        }
        // Only v1 knows tokens.
        unknown(
            in: node,
            known: ["name", "command", "matchImages", "defaultCacheDuration", "apiVersion", "args", "env"]
                + (revision == .v1 ? ["tokenAttributes"] : []))
        let name = text(node, "name") ?? ""
        check(name: name, at: node)
        let command = text(node, "command")
        if let command {
            if command.isEmpty { complain(node, "\(node.path).command: Required value") }
            warnings.append("\(node.place(in: node.document)): \(node.path).command is Tabard's own: the kubelet refuses this file")
        }
        let version = version(node)
        let plugin = CredentialProviderConfig.Plugin(
            name: name, command: command, patterns: patterns(node), defaultDuration: duration(node), version: version ?? .v1,
            arguments: strings(node, "args"), environment: environment(node), tokenAttributes: tokenAttributes(node, version),
            place: node.place(in: node.document))
        return complaints.count == before ? plugin : nil
    }

    private mutating func check(name: String, at node: JSONNode) {
        func wrong(_ reason: String) -> String { "\(node.path).name: Invalid value: \"\(name)\": provider name \(reason)" }
        // The kubelet lets this pass and fails at each start of the program.
        if name.isEmpty { complain(node, "\(node.path).name: Required value") }
        if name.contains("/") { complain(node, wrong("cannot contain '/'")) }
        if name.contains(" ") { complain(node, wrong("cannot contain spaces")) }
        if name == "." || name == ".." { complain(node, wrong("cannot be '\(name)'")) }
    }

    private mutating func version(_ node: JSONNode) -> ExecVersion? {
        let text = text(node, "apiVersion") ?? ""
        guard !text.isEmpty else {
            complain(node, "\(node.path).apiVersion: Required value")
            return nil
        }
        guard let version = ExecVersion(apiVersion: text) else {
            let known = ExecVersion.allCases.map { "\"\($0.apiVersion)\"" }.sorted().joined(separator: ", ")
            complain(node, "\(node.path).apiVersion: Unsupported value: \"\(text.quotedInFailure)\": supported values: \(known)")
            return nil
        }
        return version
    }

    private mutating func patterns(_ node: JSONNode) -> [ImagePattern] {
        let texts = strings(node, "matchImages")
        if texts.isEmpty { complain(node, "\(node.path).matchImages: Required value: at least 1 item in matchImages is required") }
        return texts.compactMap { text in
            do throws(Failure) {
                let pattern = try ImagePattern(text)
                warnings += pattern.warnings(among: texts).map { "\(node.place(in: node.document)): \(node.path).matchImages: \($0)" }
                return pattern
            } catch {
                complain(
                    node,
                    "\(node.path).matchImages: Invalid value: \"\(text.quotedInFailure)\": match image is invalid: \(error.reason)")
                return nil
            }
        }
    }

    private mutating func duration(_ node: JSONNode) -> Duration {
        guard let text = text(node, "defaultCacheDuration") else {
            if node["defaultCacheDuration"]?.isNull ?? true { complain(node, "\(node.path).defaultCacheDuration: Required value") }
            return .zero
        }
        do throws(Failure) {
            let duration = try GoDuration.parse(text)
            if duration < .zero {
                complain(
                    node,
                    "\(node.path).defaultCacheDuration: Invalid value: \"\(GoDuration.format(duration))\": must be greater than or equal to 0"
                )
            }
            return duration
        } catch {
            complain(node, "\(node.path).defaultCacheDuration: Invalid value: \"\(text.quotedInFailure)\": \(error.reason)")
            return .zero
        }
    }

    private mutating func environment(_ node: JSONNode) -> [(name: String, value: String)] {
        let nodes = value(or: []) { () throws(Failure) in try node.optionalArray("env") ?? [] }
        return nodes.compactMap { variable in
            guard variable.kind == .object else {
                complain(variable, "\(variable.path) is no object")
                return nil
            }
            unknown(in: variable, known: ["name", "value"])
            let name = text(variable, "name") ?? ""
            // execve(2) has no way to say these.
            if name.isEmpty || name.contains("=") || name.contains(text: "\0") {
                complain(variable, "\(variable.path).name: Invalid value: \"\(name.quotedInFailure)\": no name of a variable")
            }
            return (name, text(variable, "value") ?? "")
        }
    }

    private mutating func tokenAttributes(_ node: JSONNode, _ version: ExecVersion?) -> TokenAttributes? {
        guard revision == .v1, let attributes = node["tokenAttributes"], !attributes.isNull else { return nil }
        let path = attributes.path
        guard attributes.kind == .object else {
            complain(attributes, "\(path) is no object")
            return nil
        }
        unknown(
            in: attributes,
            known: [
                "serviceAccountTokenAudience", "cacheType", "requireServiceAccount", "requiredServiceAccountAnnotationKeys",
                "optionalServiceAccountAnnotationKeys",
            ])
        if let version, version != .v1 {
            complain(node, "\(path): Forbidden: tokenAttributes is only supported for \(ExecVersion.v1.apiVersion) API version")
        }
        let audience = text(attributes, "serviceAccountTokenAudience") ?? ""
        if audience.isEmpty { complain(attributes, "\(path).serviceAccountTokenAudience: Required value") }
        let requires = value(or: nil) { () throws(Failure) in try attributes.optionalBool("requireServiceAccount") }
        if requires == nil { complain(attributes, "\(path).requireServiceAccount: Required value") }
        let cacheType = text(attributes, "cacheType") ?? ""
        if cacheType.isEmpty {
            complain(
                attributes,
                "\(path).cacheType: Required value: cacheType is required to be set when tokenAttributes is specified. Supported values are: "
                    + "ServiceAccount, Token")
        } else if TokenAttributes.CacheType(rawValue: cacheType) == nil {
            complain(
                attributes,
                "\(path).cacheType: Unsupported value: \"\(cacheType.quotedInFailure)\": supported values: \"ServiceAccount\", \"Token\"")
        }
        let required = annotationKeys(attributes, "requiredServiceAccountAnnotationKeys")
        let optional = annotationKeys(attributes, "optionalServiceAccountAnnotationKeys")
        if !required.isEmpty && requires == false {
            complain(
                attributes,
                "\(path).requiredServiceAccountAnnotationKeys: Forbidden: requireServiceAccount cannot be false when "
                    + "requiredServiceAccountAnnotationKeys is set")
        }
        let both = required.filter(optional.contains).sorted()
        if !both.isEmpty {
            let list = both.map { "\"\($0)\"" }.joined(separator: ", ")
            complain(attributes, "\(path): Invalid value: [\(list)]: annotation keys cannot be both required and optional")
        }
        return TokenAttributes(
            audience: audience, requiresServiceAccount: requires ?? false, cacheType: .init(rawValue: cacheType) ?? .token,
            requiredAnnotationKeys: required, optionalAnnotationKeys: optional)
    }

    private mutating func annotationKeys(_ node: JSONNode, _ name: String) -> [String] {
        var seen: Set<String> = []
        let keys = strings(node, name)
        for key in keys {
            // Upper case is allowed here, and a qualified name's prefix has none: the kubelet compares the lower-cased key.
            if let reason = QualifiedName.complaint(about: key.lowercased()) {
                complain(node, "\(node.path).\(name): Invalid value: \"\(key.quotedInFailure)\": \(reason)")
            }
            if !seen.insert(key).inserted { complain(node, "\(node.path).\(name): Duplicate value: \"\(key)\"") }
        }
        return keys
    }

    // MARK: Values

    /// Complains of fields that nobody knows, with the nearest one that is known.
    mutating func unknown(in node: JSONNode, known: [String]) {
        for member in node.unknownMembers(known: known) {
            let path = node.path.isEmpty ? member.key : "\(node.path).\(member.key)"
            let nearest = NearestName.to(member.key, among: known).map { "; did you mean \($0)?" } ?? ""
            complain(member.value, "strict decoding error: unknown field \"\(path.quotedInFailure)\"\(nearest)")
        }
    }

    private mutating func text(_ node: JSONNode, _ name: String) -> String? {
        value(or: nil) { () throws(Failure) in try node.optionalString(name) }
    }

    private mutating func strings(_ node: JSONNode, _ name: String) -> [String] {
        value(or: []) { () throws(Failure) in
            try (node.optionalArray(name) ?? []).map { element throws(Failure) in try element.asString() }
        }
    }

    /// What `read` gives, or `other` with its complaint kept.
    private mutating func value<Value>(or other: Value, _ read: () throws(Failure) -> Value) -> Value {
        do throws(Failure) {
            return try read()
        } catch {
            complaints.append("\(error.subject): \(error.reason)")
            return other
        }
    }

    private mutating func complain(_ node: JSONNode, _ words: String) {
        complaints.append("\(node.place(in: node.document)): \(words)")
    }
}

extension JSONNode {
    /// `file:line:column`.
    fileprivate func place(in document: JSONDocument) -> String {
        "\(document.source.name):\(position.line):\(position.column)"
    }
}
