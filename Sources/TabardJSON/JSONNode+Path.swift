import TabardCore

extension JSONNode {
    /// The way from the outermost value: `providers.ecr.region[2]`, `auths["index.docker.io"].auth`; empty for that value itself.
    ///
    /// Names are shown escaped, and cut when longer than 80 characters.
    public var path: String {
        var steps: [String] = []
        var current = index
        while document.tape[current].parent != TapeEntry.noParent {
            let parent = Int(document.tape[current].parent)
            if document.tape[parent].kind == .object {
                steps.append(Self.step(document.text(current - 1)))
            } else {
                steps.append("[\(document.elementNumber(of: current, in: parent))]")
            }
            current = parent
        }
        return Self.join(steps.reversed())
    }

    /// The path, or words for the outermost value.
    var place: String { index == 0 ? "the top level" : path }

    /// The path that a member of that name would have.
    func path(of key: String) -> String {
        let own = path
        return own.isEmpty ? Self.join([Self.step(key)]) : Self.join([own, Self.step(key)])
    }

    private static func join(_ steps: [String]) -> String {
        steps.reduce(into: "") { path, step in
            if !path.isEmpty && !step.hasPrefix("[") { path += "." }
            path += step
        }
    }

    private static func step(_ key: String) -> String {
        let isPlain = key.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        let shown = key.unicodeScalars.count > 80 ? String(String.UnicodeScalarView(key.unicodeScalars.prefix(80))) + "…" : key
        return isPlain && !key.isEmpty ? shown : "[\"\(shown.escapingControlCharacters())\"]"
    }
}

extension JSONDocument {
    fileprivate func elementNumber(of index: Int, in array: Int) -> Int {
        var number = 0
        var next = array + 1
        while next < index {
            number += 1
            next = Int(tape[next].next)
        }
        return number
    }
}
