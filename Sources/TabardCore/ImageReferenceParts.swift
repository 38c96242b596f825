/// The parser of image names: docker's grammar (distribution/reference) over bytes, left to right, so that the first error is the one said.
struct ImageReferenceParts {
    private(set) var registry = "docker.io"
    private(set) var repository = ""
    private(set) var tag: String?
    private(set) var digest: ContentDigest?

    /// No valid name is longer: 255 bytes of path, a host, a tag of 128 and a digest of 135.
    private static let maximumLength = 1024

    private let text: String

    init(_ text: String) throws(Failure) {
        self.text = text
        let bytes = text.utf8.span
        guard !bytes.isEmpty else { throw refused("it is empty") }
        guard bytes.count <= Self.maximumLength else { throw refused("it is longer than \(Self.maximumLength) bytes") }

        // What ends where: [registry/]path[:tag][@digest].
        var nameEnd = bytes.count
        var firstSlash: Int?
        for index in 0..<bytes.count {
            if bytes[index] == UInt8(ascii: "@") {
                nameEnd = index
                break
            }
            if bytes[index] == UInt8(ascii: "/"), firstSlash == nil { firstSlash = index }
        }
        var pathStart = 0
        var isHub = true
        if let slash = firstSlash, isRegistry(bytes, upTo: slash) {
            pathStart = slash + 1
            try checkRegistry(bytes, end: slash)
            let host = text.slice(0..<slash)
            isHub = host == "docker.io" || host == "index.docker.io"
            if !isHub { registry = host }
        }
        var pathEnd = pathStart
        while pathEnd < nameEnd, bytes[pathEnd] != UInt8(ascii: ":") { pathEnd += 1 }
        let hasSlash = try checkPath(bytes, pathStart..<pathEnd)
        if bytes.count == 64, pathEnd == 64, firstSlash == nil, isHexadecimal(bytes) {
            throw refused("64 hexadecimal digits would be an image ID, not a name", "write the repository name")
        }
        let path = text.slice(pathStart..<pathEnd)
        repository = isHub && !hasSlash ? "library/" + path : path
        guard repository.utf8.count <= 255 else {
            throw refused("the repository path has \(repository.utf8.count) bytes, more than 255")
        }
        if pathEnd < nameEnd {
            try checkTag(bytes, (pathEnd + 1)..<nameEnd)
            tag = text.slice((pathEnd + 1)..<nameEnd)
        }
        if nameEnd < bytes.count {
            do {
                digest = try ContentDigest(text.slice((nameEnd + 1)..<bytes.count))
            } catch {
                throw refused("what follows '@' must be a digest: \(error.reason)")
            }
        }
    }

    /// Whether the part before the first slash is a registry and not the first component of a path on Docker Hub.
    private func isRegistry(_ bytes: borrowing Span<UInt8>, upTo end: Int) -> Bool {
        for index in 0..<end {
            let byte = bytes[index]
            if byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":") || byte.isUpperLetter { return true }
        }
        return end == 9 && text.utf8.starts(with: "localhost".utf8)
    }

    /// Labels of letters, digits and inner '-', or an IPv6 address in brackets; then an optional port.
    private func checkRegistry(_ bytes: borrowing Span<UInt8>, end: Int) throws(Failure) {
        var index = 0
        if bytes[0] == UInt8(ascii: "[") {
            while index < end, bytes[index] != UInt8(ascii: "]") { index += 1 }
            guard index < end, IPv6Address(bytes, 1..<index, allowsDotted: false) != nil else {
                throw refused("the registry is no IPv6 address in brackets without a zone")
            }
            index += 1
            guard index == end || bytes[index] == UInt8(ascii: ":") else { throw refused(bytes, at: index, "expected ':' or '/'") }
        } else {
            var labelStart = 0
            while index <= end {
                let byte = index == end ? UInt8(ascii: "/") : bytes[index]
                if byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":") || index == end {
                    guard index > labelStart else { throw refused(bytes, at: index, "the registry has an empty label here") }
                    guard bytes[labelStart] != UInt8(ascii: "-"), bytes[index - 1] != UInt8(ascii: "-") else {
                        throw refused("a label of the registry starts or ends with '-'")
                    }
                    if byte != UInt8(ascii: ".") { break }
                    labelStart = index + 1
                } else if !byte.isLetterOrDigit, byte != UInt8(ascii: "-") {
                    throw refused(bytes, at: index, "a registry has only letters, digits, '-' and '.'")
                }
                index += 1
            }
        }
        guard index < end else { return }
        var port = 0
        let digits = (index + 1)..<end
        guard !digits.isEmpty else { throw refused("the registry's port after ':' is empty") }
        for position in digits {
            guard bytes[position].isDigit else { throw refused(bytes, at: position, "a port has only digits") }
            port = min(port * 10 + Int(bytes[position] - 0x30), 65536)
        }
        guard (1...65535).contains(port) else { throw refused("the registry's port is not between 1 and 65535") }
    }

    /// Components of lower-case letters and digits, joined inside by one '.', one or two '_', or any number of '-'.
    /// Returns whether there is more than one component.
    private func checkPath(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) throws(Failure) -> Bool {
        var hasSlash = false
        var separator = UInt8(ascii: "/")
        var run = 1
        for index in range {
            let byte = bytes[index]
            if byte.isLowerLetter || byte.isDigit {
                run = 0
                continue
            }
            if byte.isUpperLetter { throw refused(bytes, at: index, "a repository must be lower-case", "write it in lower case") }
            switch byte {
            case UInt8(ascii: "-") where run == 0 || separator == byte: break
            case UInt8(ascii: "_") where run == 0 || (run == 1 && separator == byte): break
            case UInt8(ascii: "."), UInt8(ascii: "/"):
                guard run == 0 else { fallthrough }
                if byte == UInt8(ascii: "/") { hasSlash = true }
            default:
                throw refused(
                    bytes, at: index,
                    "a path component is letters and digits, joined by '.', '_', '__' or '-', and starts and ends with one of them")
            }
            separator = byte
            run += 1
        }
        guard run == 0 else {
            throw refused(bytes, at: range.upperBound, "the repository must end with a letter or digit")
        }
        return hasSlash
    }

    /// Up to 128 letters, digits, '_', '.' and '-', not starting with '.' or '-'.
    private func checkTag(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) throws(Failure) {
        guard !range.isEmpty else { throw refused("the tag after ':' is empty") }
        guard range.count <= 128 else { throw refused("the tag has \(range.count) bytes, more than 128") }
        for index in range {
            let byte = bytes[index]
            let isInner = byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            guard byte.isLetterOrDigit || byte == UInt8(ascii: "_") || (isInner && index > range.lowerBound) else {
                throw refused(bytes, at: index, "a tag has letters, digits, '_', '.' and '-', and starts with none of the last two")
            }
        }
    }

    private func isHexadecimal(_ bytes: borrowing Span<UInt8>) -> Bool {
        for index in 0..<bytes.count where !bytes[index].isLowerHex { return false }
        return true
    }

    private func refused(_ bytes: borrowing Span<UInt8>, at index: Int, _ rule: String, _ advice: String = "") -> Failure {
        let found =
            index >= bytes.count
            ? "the end" : bytes[index].isControl || bytes[index] > 0x7F ? "a byte" : "'\(Unicode.Scalar(bytes[index]))'"
        return refused("\(found) at byte \(index + 1): \(rule)", advice)
    }

    private func refused(_ reason: String, _ advice: String = "") -> Failure {
        let advice = text.contains(text: "://") ? "leave out the scheme: registry/repository:tag" : advice
        return Failure(.invalid, attempting: "reading the image name", on: text.quotedInFailure, reason: reason, advice: advice)
    }
}
