public import TabardCore

/// Reads the command line of the executables that start cold, where a parser library would cost more than the whole answer.
///
/// Takes `--name value`, `--name=value`, `-v4`, `-v 4`, `-v=4` and `--` before operands, as GNU and klog programs do. What is unknown is
/// an error that names the nearest thing that is known.
public struct ArgumentReader: Sendable {
    /// An option that the program knows.
    public struct Option: Sendable {
        /// With its dashes: `--config`.
        public let name: String
        /// Whether a value follows.
        public let takesValue: Bool

        /// An option with a value.
        public static func value(_ name: String) -> Option { Option(name: name, takesValue: true) }
        /// An option without one.
        public static func flag(_ name: String) -> Option { Option(name: name, takesValue: false) }
    }

    /// One thing on the command line.
    public enum Argument: Sendable, Equatable {
        /// An option, with its value or an empty text.
        case option(String, String)
        /// Anything else.
        case operand(String)
    }

    /// Reads `arguments`, without the program's own name.
    public static func read(_ arguments: [String], knowing options: [Option]) throws(Failure) -> [Argument] {
        var result: [Argument] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                result += rest.map { .operand($0) }
                break
            }
            guard argument.utf8.first == UInt8(ascii: "-"), argument.utf8.count > 1 else {
                result.append(.operand(argument))
                continue
            }
            let (name, attached) = split(argument)
            guard let option = options.first(where: { $0.name == name }) else { throw unknown(name, options) }
            if !option.takesValue {
                guard attached == nil else { throw wrong("\(name) takes no value") }
                result.append(.option(name, ""))
            } else if let value = attached ?? rest.popFirst() {
                result.append(.option(name, value))
            } else {
                throw wrong("\(name) needs a value")
            }
        }
        return result
    }

    /// A mistake on the command line.
    public static func wrong(_ reason: String, advice: String = "see --help") -> Failure {
        Failure(.invalid, attempting: "reading the command line", reason: reason, advice: advice)
    }

    private static func split(_ argument: String) -> (name: String, value: String?) {
        // klog's verbosity comes in every spelling.
        if argument.hasPrefix("-v"), argument.utf8.count > 2 {
            let value = argument.dropFirst(2)
            return ("-v", String(value.first == "=" ? value.dropFirst() : value))
        }
        guard let equals = argument.firstIndex(of: "=") else { return (argument == "--v" ? "-v" : argument, nil) }
        let name = String(argument[..<equals])
        return (name == "--v" ? "-v" : name, String(argument[argument.index(after: equals)...]))
    }

    private static func unknown(_ name: String, _ options: [Option]) -> Failure {
        let nearest = NearestName.to(name, among: options.map(\.name))
        return wrong("there is no option \(name)", advice: nearest.map { "did you mean \($0)?" } ?? "see --help")
    }
}
