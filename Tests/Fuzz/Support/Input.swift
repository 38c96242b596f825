/// The input as text; bytes that are not UTF-8 become U+FFFD.
func text(_ input: UnsafeRawBufferPointer) -> String { String(decoding: input, as: UTF8.self) }

/// The first two lines of the input; the second is empty when there is one.
func twoLines(_ input: UnsafeRawBufferPointer) -> (String, String) {
    let end = input.firstIndex(of: UInt8(ascii: "\n")) ?? input.endIndex
    let rest = input[end...].dropFirst()
    return (String(decoding: input[..<end], as: UTF8.self), String(decoding: rest, as: UTF8.self))
}

/// Whether a terminal shows the text as one plain line.
func isPrintable(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0 ~= $0.value) }
}
