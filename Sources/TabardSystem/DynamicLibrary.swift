import Glibc

/// A shared object in this process. There is no closing: the Swift and Go runtimes cannot be unloaded (docs/abi.md).
public struct DynamicLibrary: Sendable {
    // dlopen's handle is an opaque token that dlsym may use from any thread.
    private nonisolated(unsafe) let handle: UnsafeMutableRawPointer

    /// Which symbols are bound when.
    public enum Binding: Sendable {
        /// All at load: a missing symbol is an error now, not a crash later. For plugins.
        case now
        /// On first call. For system libraries with many symbols of which few are used.
        case lazy
    }

    /// Why a library or symbol could not be had, in the dynamic linker's own words.
    public struct LoadError: Error, Sendable, Equatable, CustomStringConvertible {
        /// The dynamic linker's message.
        public let description: String
    }

    /// Loads `path` (or finds it already loaded), hidden from other libraries and for good.
    public init(path: String, binding: Binding) throws(LoadError) {
        let mode = (binding == .now ? RTLD_NOW : RTLD_LAZY) | RTLD_LOCAL | Self.noDelete
        guard let handle = dlopen(path, mode) else { throw Self.lastError() }
        self.handle = handle
    }

    /// The address of a symbol.
    public func address(of symbol: String) throws(LoadError) -> UnsafeMutableRawPointer {
        guard let address = dlsym(handle, symbol) else { throw Self.lastError() }
        return address
    }

    /// RTLD_NODELETE of `<dlfcn.h>`, which the Glibc overlay does not import.
    private static let noDelete: Int32 = 0x1000

    private static func lastError() -> LoadError {
        guard let text = dlerror() else { return LoadError(description: "the dynamic linker gave no reason") }
        return LoadError(description: String(cString: text))
    }
}
