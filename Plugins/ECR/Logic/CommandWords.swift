/// The words of a command line, as a POSIX shell splits and unquotes them, without anything else that a shell does.
enum CommandWords {
    /// Why a command line is refused.
    struct Problem: Error {
        let reason: String
    }

    /// Splits at white space outside quotes. What only a shell could carry out is refused rather than passed on as it is.
    ///
    /// By scalars: a quote with a combining mark behind it is one `Character`, and still a quote.
    static func split(_ command: String) -> Result<[String], Problem> {
        var words: [String] = []
        var word: String.UnicodeScalarView?
        var quote: Unicode.Scalar?
        var isEscaped = false
        func add(_ scalar: Unicode.Scalar) {
            var grown = word ?? String.UnicodeScalarView()
            grown.append(scalar)
            word = grown
        }
        for scalar in command.unicodeScalars {
            if isEscaped {
                // Between double quotes a backslash stays, unless it hides something.
                if quote == "\"", !"\"\\$`".unicodeScalars.contains(scalar) { add("\\") }
                add(scalar)
                isEscaped = false
            } else if quote == "'" {
                if scalar == "'" { quote = nil } else { add(scalar) }
            } else if scalar == "\\" {
                word = word ?? String.UnicodeScalarView()
                isEscaped = true
            } else if scalar == quote {
                quote = nil
            } else if "$`".unicodeScalars.contains(scalar) || quote == nil && "|&;<>()".unicodeScalars.contains(scalar) {
                return .failure(Problem(reason: "it has a \(scalar) that only a shell understands"))
            } else if quote != nil {
                add(scalar)
            } else if scalar == "'" || scalar == "\"" {
                quote = scalar
                word = word ?? String.UnicodeScalarView()
            } else if " \t\n".unicodeScalars.contains(scalar) {
                if let done = word { words.append(String(done)) }
                word = nil
            } else {
                add(scalar)
            }
        }
        guard quote == nil, !isEscaped else { return .failure(Problem(reason: "a quote in it does not end")) }
        if let word { words.append(String(word)) }
        guard !words.contains(where: { $0.utf8.contains(0) }) else { return .failure(Problem(reason: "it has a NUL in it")) }
        return .success(words)
    }
}
