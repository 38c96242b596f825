import CTabard

/// What a provider's `create` made; `destroy` gets it when the last call that uses it is over and nobody keeps it.
final class ProviderInstance: @unchecked Sendable {
    // An opaque pointer of the plugin's; who may use it when is InstanceSlot's business.
    let pointer: UnsafeMutableRawPointer?
    private let table: ProviderTable

    init(_ pointer: UnsafeMutableRawPointer?, of table: ProviderTable) {
        self.pointer = pointer
        self.table = table
    }

    deinit { table.pointer.pointee.destroy(pointer) }
}
