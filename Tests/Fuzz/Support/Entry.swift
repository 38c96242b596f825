/// What libFuzzer calls with each input; the target's own `fuzz` gets the bytes, which are valid until it returns.
@_cdecl("LLVMFuzzerTestOneInput")
public func entry(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    fuzz(UnsafeRawBufferPointer(start: data, count: count))
    return 0
}

/// Ends the process, so that libFuzzer keeps the input, when something does not hold that must hold for every input.
func require(_ holds: Bool, _ rule: StaticString) {
    if !holds { fatalError("broken rule: \(rule)") }
}
