import TabardSystem

/// What a shared object offers to others, read from its bytes (ELF-64, gabi chapter 4); nothing of it runs.
struct SharedObjectSymbols {
    /// The names that it defines for others, sorted.
    let exported: [String]
    /// Whether the Go runtime is in it, which starts threads and handles signals as soon as it is loaded.
    let isGo: Bool

    private static let largestFile = 512 << 20

    init(path: String) throws(Complaint) {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try FileSystem.contents(of: path, limit: Self.largestFile)
        } catch {
            throw Complaint("cannot be read: \(error.meaning)")
        }
        let file = Bytes(bytes: bytes)
        guard bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]) else { throw Complaint("is not a 64-bit little-endian ELF file") }
        guard let start = file.number(40, 8), let size = file.number(58, 2), let count = file.number(60, 2), size >= 64 else {
            throw Complaint("has no readable section headers")
        }
        let names = file.number(62, 2).flatMap { file.section(at: start + $0 * size) }
        var exported: Set<String> = []
        var isGo = false
        var hasSymbols = false
        for index in 0..<count {
            guard let section = file.section(at: start + index * size) else { throw Complaint("has a section beyond its end") }
            if let names, let name = file.text(at: names.offset + section.name), name.hasPrefix(".go.buildinfo") { isGo = true }
            // SHT_DYNSYM
            guard section.type == 11, let texts = file.section(at: start + section.link * size) else { continue }
            hasSymbols = true
            for symbol in stride(from: section.offset + 24, to: section.offset + section.size, by: 24) {
                guard let name = file.number(symbol, 4), let info = file.number(symbol + 4, 1), let other = file.number(symbol + 5, 1),
                    let place = file.number(symbol + 6, 2)
                else { throw Complaint("has symbols beyond its end") }
                // Not STB_LOCAL, not undefined, not the name of a version, visible to others.
                guard info >> 4 != 0, place != 0, place != 0xFFF1, other & 3 == 0 || other & 3 == 3 else { continue }
                if let text = file.text(at: texts.offset + name) { exported.insert(text) }
            }
        }
        guard hasSymbols else { throw Complaint("has no table of dynamic symbols") }
        self.exported = exported.sorted()
        self.isGo = isGo
    }

    private struct Section {
        let name: Int, type: Int, offset: Int, size: Int, link: Int
    }

    /// Reads that end at the file's end.
    private struct Bytes {
        let bytes: [UInt8]

        func number(_ offset: Int, _ count: Int) -> Int? {
            guard offset >= 0, offset <= bytes.count - count else { return nil }
            let value = (0..<count).reduce(UInt64(0)) { $0 | UInt64(bytes[offset + $1]) << (8 * UInt64($1)) }
            // Nothing in a file of this size is larger.
            return value <= UInt64(1 << 40) ? Int(value) : nil
        }

        func section(at offset: Int) -> Section? {
            guard let name = number(offset, 4), let type = number(offset + 4, 4), let start = number(offset + 24, 8),
                let size = number(offset + 32, 8), let link = number(offset + 40, 4)
            else { return nil }
            return Section(name: name, type: type, offset: start, size: size, link: link)
        }

        func text(at offset: Int) -> String? {
            guard bytes.indices.contains(offset), let end = bytes[offset...].prefix(4096).firstIndex(of: 0) else { return nil }
            return String(decoding: bytes[offset..<end], as: UTF8.self)
        }
    }
}
