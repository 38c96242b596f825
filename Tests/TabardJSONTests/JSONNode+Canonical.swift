import TabardJSON

extension JSONNode {
    /// The value as compact ASCII, as Python's `json.dumps` would write it; `number` writes the numbers.
    func canonical(_ number: (JSONNode) -> String = { $0.numberText ?? "?" }) -> String {
        switch kind {
        case .object:
            "{" + members.map { Self.quoted($0.key) + ":" + $0.value.canonical(number) }.joined(separator: ",") + "}"
        case .array: "[" + elements.map { $0.canonical(number) }.joined(separator: ",") + "]"
        case .string: string.map(Self.quoted) ?? "?"
        case .number: number(self)
        case .boolean: bool.map { "\($0)" } ?? "?"
        case .null: isNull ? "null" : "?"
        }
    }

    /// Text, exact integer and bits of the double, as Tests/Oracles/json_values.py writes them.
    static func numberDetails(_ node: JSONNode) -> String {
        let bits = node.double.map { double in
            let digits = String(double.bitPattern, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return "\(node.numberText ?? "?")|\(node.int64.map(String.init) ?? "-")|\(bits ?? "-")"
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for unit in text.utf16 {
            switch unit {
            case 0x22: quoted += "\\\""
            case 0x5C: quoted += "\\\\"
            case 0x08: quoted += "\\b"
            case 0x09: quoted += "\\t"
            case 0x0A: quoted += "\\n"
            case 0x0C: quoted += "\\f"
            case 0x0D: quoted += "\\r"
            case 0x20..<0x7F: quoted.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            default:
                let digits = String(unit, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return quoted + "\""
    }
}
