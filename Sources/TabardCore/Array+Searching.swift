import Glibc

extension [UInt8] {
    /// Whether the UTF-8 of `text` stands somewhere in it.
    public func contains(text: String) -> Bool {
        var text = text
        return text.withUTF8 { wanted in
            guard let first = wanted.first, let needle = wanted.baseAddress else { return true }
            return withUnsafeBytes { bytes in
                guard var place = UnsafeRawPointer(bytes.baseAddress) else { return false }
                let end = place + bytes.count
                while end - place >= wanted.count, let found = memchr(place, Int32(first), end - place - wanted.count + 1) {
                    if memcmp(found, needle, wanted.count) == 0 { return true }
                    place = UnsafeRawPointer(found) + 1
                }
                return false
            }
        }
    }
}
