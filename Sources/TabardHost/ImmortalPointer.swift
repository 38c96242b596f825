/// A C value that is written once, before anybody else sees it, and stays until the process ends: tables and the strings in them.
struct ImmortalPointer<Value>: @unchecked Sendable {
    // Nothing writes behind the pointer after `init`, and nothing frees it, so every thread may read it.
    let pointer: UnsafePointer<Value>

    init(_ value: Value) {
        let memory = UnsafeMutablePointer<Value>.allocate(capacity: 1)
        memory.initialize(to: value)
        pointer = UnsafePointer(memory)
    }
}
