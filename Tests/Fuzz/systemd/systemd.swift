@testable import TabardDoctor

/// A unit file, its command line with variables, and the words that /proc tells of a process.
func fuzz(_ input: UnsafeRawBufferPointer) {
    let text = String(decoding: input, as: UTF8.self)
    var variables: [String: String] = [:]
    for (key, value) in SystemdUnit.directives(of: "Service", in: text) {
        require(!key.contains("="), "a directive's name ends at its first =")
        for word in SystemdUnit.words(of: value) {
            require(word.utf8.count <= value.utf8.count, "taking quotes away makes nothing longer")
            variables["KUBELET_EXTRA_ARGS"] = word
        }
        let command = CommandLineWords(SystemdUnit.expanded(value, variables))
        _ = command.flag("image-credential-provider-config")
        _ = command.values(of: "provider")
    }
    let process = CommandLineWords(cmdline: [UInt8](input))
    require(process.words.count <= input.count, "each word ends with a byte of its own")
    _ = process.program
    if let value = process.flag("root-dir") { require(value.utf8.count <= text.utf8.count, "a value stands in the text") }
}
