/// The words of a command line, and the flags among them.
struct CommandLineWords: Sendable, Equatable {
    /// All of them, the program first.
    let words: [String]

    /// Takes the bytes of /proc/PID/cmdline: each word ends with a zero byte.
    init(cmdline: [UInt8]) {
        words = cmdline.split(separator: 0, omittingEmptySubsequences: false).dropLast().map { String(decoding: $0, as: UTF8.self) }
    }

    init(_ words: [String]) { self.words = words }

    /// The file name of the program.
    var program: String { words.first?.split(separator: "/").last.map(String.init) ?? "" }

    /// The value of the last `--name=value` or `--name value`; a kubelet's flags come also inside `--kubelet-arg` (k3s, RKE2).
    func flag(_ name: String) -> String? {
        var found: String?
        for (index, word) in words.enumerated().dropFirst() {
            let next = index + 1 < words.count ? words[index + 1] : nil
            if let value = Self.value(of: name, in: word, next) { found = value }
            if let inner = Self.value(of: "kubelet-arg", in: word, next), inner.hasPrefix(name + "=") {
                found = String(inner.dropFirst(name.count + 1))
            }
        }
        return found
    }

    /// All values of a flag that may be given more than once.
    func values(of name: String) -> [String] {
        words.enumerated().compactMap { index, word in
            Self.value(of: name, in: word, index + 1 < words.count ? words[index + 1] : nil)
        }
    }

    private static func value(of name: String, in word: String, _ next: String?) -> String? {
        guard word.hasPrefix("-") else { return nil }
        let bare = word.drop { $0 == "-" }
        if bare == name { return next }
        return bare.hasPrefix(name + "=") ? String(bare.dropFirst(name.count + 1)) : nil
    }
}
