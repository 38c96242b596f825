import TabardCore
package import TabardSystem

/// Looks at the first bytes of a file before the dynamic linker does, whose messages for such files are riddles.
package enum SharedObjectCheck {
    /// Why the file at `path` cannot be a plugin for this machine, or nil when it may be one (ELF-64 header, gabi chapter 4).
    package static func complaint(about path: String) throws(SystemError) -> String? {
        let file = try FileDescriptor.open(path, flags: 0)
        let size = try file.size
        // Most files have their program headers in the first bytes, too.
        let header = try file.content(at: 0, count: Int(min(size, 1024)))
        guard header.count >= 20, header[0] == 0x7F, header[1] == 0x45, header[2] == 0x4C, header[3] == 0x46 else {
            return "is not an ELF shared object"
        }
        guard header[4] == 2, header[5] == 1 else { return "is not a 64-bit little-endian ELF shared object" }
        let type = UInt16(header[16]) | UInt16(header[17]) << 8
        guard type == 3 else { return "is an ELF \(typeName(type)), not a shared object" }
        let machine = UInt16(header[18]) | UInt16(header[19]) << 8
        guard machine == thisMachine else {
            return "is an ELF shared object for \(machineName(machine)), this machine is \(machineName(thisMachine))"
        }
        return try isCutShort(file, size: size, header: header) ? "is cut short: its segments reach beyond the end of the file" : nil
    }

    /// Whether a program header names bytes that the file does not have: mapping them would end the process with SIGBUS.
    private static func isCutShort(_ file: borrowing FileDescriptor, size: Int64, header: [UInt8]) throws(SystemError) -> Bool {
        guard header.count >= 64 else { return true }
        let (offset, entrySize, count) = (header.number(at: 32, bytes: 8), header.number(at: 54, bytes: 2), header.number(at: 56, bytes: 2))
        let length = entrySize * count
        guard entrySize >= 56, offset <= size, length <= size - Int64(offset) else { return true }
        let isInHeader = offset + length <= header.count
        let table = isInHeader ? header : try file.content(at: Int64(offset), count: Int(length))
        let first = isInHeader ? Int(offset) : 0
        for index in 0..<Int(count) {
            let start = first + index * Int(entrySize)
            // PT_LOAD
            guard table.number(at: start, bytes: 4) == 1 else { continue }
            let (end, overflow) = table.number(at: start + 8, bytes: 8).addingReportingOverflow(table.number(at: start + 32, bytes: 8))
            if overflow || end > UInt64(size) { return true }
        }
        return false
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

extension [UInt8] {
    /// A little-endian number.
    fileprivate func number(at offset: Int, bytes: Int) -> UInt64 {
        (0..<bytes).reduce(0) { $0 | UInt64(self[offset + $1]) << (8 * UInt64($1)) }
    }
}
