import TabardCore

/// A service as systemd would start it: the unit file and its drop-ins, with the variables of its command line filled in.
///
/// Read are the directives that make up the command line (systemd.service(5), systemd.exec(5)): ExecStart, Environment, EnvironmentFile.
struct SystemdUnit: Sendable {
    /// The unit file and the drop-ins that counted, in their order.
    let sources: [String]
    /// What is started.
    let command: CommandLineWords
    /// The variables that the unit gives.
    let environment: [String: String]

    /// Where units are, the strongest place first.
    private static let places = ["/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"]

    /// Reads the service of that name; nil when there is none.
    init?(_ name: String, in files: NodeFiles) {
        sources = Self.sources(of: "\(name).service", in: files)
        guard !sources.isEmpty else { return nil }
        var starts: [String] = []
        var variables: [String: String] = [:]
        for source in sources {
            for (key, value) in Self.directives(of: "Service", in: files.text(source) ?? "") {
                switch key {
                // An empty assignment forgets those before.
                case "ExecStart": starts = value.isEmpty ? [] : starts + [value]
                case "Environment":
                    if value.isEmpty { variables = [:] }
                    for word in Self.words(of: value) { Self.assign(word, to: &variables) }
                case "EnvironmentFile":
                    let path = value.first == "-" ? String(value.dropFirst()) : value
                    for line in (files.text(path) ?? "").split(separator: "\n") where line.first != "#" && line.first != ";" {
                        Self.assign(Self.words(of: String(line)).joined(separator: " "), to: &variables)
                    }
                default: break
                }
            }
        }
        environment = variables
        command = CommandLineWords(Self.expanded(starts.last ?? "", variables))
    }

    /// Where a socket unit listens; nil when there is no such unit.
    static func listening(_ name: String, in files: NodeFiles) -> [String]? {
        let sources = sources(of: "\(name).socket", in: files)
        guard !sources.isEmpty else { return nil }
        var places: [String] = []
        for source in sources {
            for (key, value) in directives(of: "Socket", in: files.text(source) ?? "") where key == "ListenStream" {
                places = value.isEmpty ? [] : places + [value]
            }
        }
        return places
    }

    /// The unit file and the drop-ins that count, in their order; nothing when there is no such unit.
    private static func sources(of unit: String, in files: NodeFiles) -> [String] {
        guard let file = places.map({ "\($0)/\(unit)" }).first(where: { files.has($0) }) else { return [] }
        // Of drop-ins with one name the strongest place's counts; all of them are read in the order of their names.
        var dropIns: [String: String] = [:]
        for place in places.reversed() {
            let folder = "\(place)/\(unit).d"
            for file in files.names(in: folder) where file.hasSuffix(".conf") { dropIns[file] = "\(folder)/\(file)" }
        }
        return [file] + dropIns.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(\.value)
    }

    /// The directives of one section.
    static func directives(of section: String, in text: String) -> [(key: String, value: String)] {
        var directives: [(key: String, value: String)] = []
        var isInSection = false
        for line in text.replacing(text: "\\\n", with: " ").split(separator: "\n").map({ trimmed($0) }) {
            if line.hasPrefix("[") { isInSection = line == "[\(section)]" }
            guard isInSection, line.first != "#", line.first != ";", let sign = line.firstIndex(of: "=") else { continue }
            directives.append((trimmed(line[..<sign]), trimmed(line[line.index(after: sign)...])))
        }
        return directives
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" || character == "\r" }
        return String(String(text.drop(while: isBlank).reversed()).drop(while: isBlank).reversed())
    }

    private static func assign(_ word: String, to variables: inout [String: String]) {
        guard let sign = word.firstIndex(of: "=") else { return }
        variables[String(word[..<sign])] = String(word[word.index(after: sign)...])
    }

    /// The words, quotes taken away.
    static func words(of text: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if character == "\"" || character == "'" {
                quote = character
                word = word ?? ""
            } else if character == " " || character == "\t" {
                if let whole = word { words.append(whole) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let whole = word { words.append(whole) }
        return words
    }

    /// `$NAME` as a word of its own stands for several words, `${NAME}` for text inside one.
    static func expanded(_ start: String, _ variables: [String: String]) -> [String] {
        // Prefixes of the path change how it is started, not what.
        let text = String(start.drop { "-@:+!|".contains($0) })
        return words(of: text).flatMap { word -> [String] in
            if word.hasPrefix("$"), !word.hasPrefix("${") { return words(of: variables[String(word.dropFirst())] ?? "") }
            var result = ""
            var rest = Substring(word)
            while let dollar = rest.firstIndex(of: "$") {
                result += rest[..<dollar]
                rest = rest[dollar...]
                guard rest.hasPrefix("${"), let close = rest.firstIndex(of: "}") else { break }
                result += variables[String(rest[rest.index(rest.startIndex, offsetBy: 2)..<close])] ?? ""
                rest = rest[rest.index(after: close)...]
            }
            return [result + rest]
        }
    }
}
