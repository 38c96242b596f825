import TabardCore
import TabardSystem

/// Looks at the first bytes of a file before the dynamic linker does, whose messages for such files are riddles.
enum SharedObjectCheck {
    /// Why the file at `path` cannot be a plugin for this machine, or nil when it may be one (ELF-64 header, gabi chapter 4).
    static func complaint(about path: String) throws(SystemError) -> String? {
        let file = try FileDescriptor.open(path, flags: 0)
        let header = UnsafeMutableRawBufferPointer.allocate(byteCount: 20, alignment: 8)
        defer { header.deallocate() }
        var count = 0
        while count < header.count {
            let more = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: header[count...]))
            if more == 0 { break }
            count += more
        }
        guard count == header.count, header[0] == 0x7F, header[1] == 0x45, header[2] == 0x4C, header[3] == 0x46 else {
            return "is not an ELF shared object"
        }
        guard header[4] == 2, header[5] == 1 else { return "is not a 64-bit little-endian ELF shared object" }
        let type = UInt16(header[16]) | UInt16(header[17]) << 8
        guard type == 3 else { return "is an ELF \(typeName(type)), not a shared object" }
        let machine = UInt16(header[18]) | UInt16(header[19]) << 8
        guard machine == thisMachine else {
            return "is an ELF shared object for \(machineName(machine)), this machine is \(machineName(thisMachine))"
        }
        return nil
    }

    private static func typeName(_ type: UInt16) -> String {
        switch type {
        case 1: "relocatable object"
        case 2: "executable"
        case 4: "core dump"
        default: "file of type \(type)"
        }
    }

    private static func machineName(_ machine: UInt16) -> String {
        switch machine {
        case 62: "x86_64"
        case 183: "aarch64"
        case 243: "riscv"
        default: "machine \(machine)"
        }
    }

    #if arch(x86_64)
        private static let thisMachine: UInt16 = 62
    #elseif arch(arm64)
        private static let thisMachine: UInt16 = 183
    #else
        #error("add the ELF machine number of this architecture")
    #endif
}
