/// The words of a command line, as a POSIX shell splits and unquotes them, without anything else that a shell does.
enum CommandWords {
    /// Why a command line is refused.
    struct Problem: Error {
        let reason: String
    }

    /// Splits at white space outside quotes. What only a shell could carry out is refused rather than passed on as it is.
    static func split(_ command: String) -> Result<[String], Problem> {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in command {
            if isEscaped {
                // Between double quotes a backslash stays, unless it hides something.
                if quote == "\"", !"\"\\$`".contains(character) { word?.append("\\") }
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if quote == "'" {
                if character == "'" { quote = nil } else { word?.append(character) }
            } else if character == "\\" {
                word = word ?? ""
                isEscaped = true
            } else if character == quote {
                quote = nil
            } else if "$`".contains(character) || quote == nil && "|&;<>()".contains(character) {
                return .failure(Problem(reason: "it has a \(character) that only a shell understands"))
            } else if quote != nil {
                word?.append(character)
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character.isWhitespace {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil, !isEscaped else { return .failure(Problem(reason: "a quote in it does not end")) }
        if let word { words.append(word) }
        guard !words.contains(where: { $0.utf8.contains(0) }) else { return .failure(Problem(reason: "it has a NUL in it")) }
        return .success(words)
    }
}
