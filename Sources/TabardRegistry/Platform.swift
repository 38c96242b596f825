public import TabardCore

/// An operating system and processor, in the words of Go that image indexes use: `linux/arm/v7`.
public struct Platform: Sendable, Hashable, CustomStringConvertible {
    /// `linux`, `windows`; lower case.
    public let os: String
    /// `amd64`, `arm64`, `arm`; the kernel's and the compilers' other names are translated.
    public let architecture: String
    /// `v7`, or nil.
    public let variant: String?

    /// Makes a platform; names that mean the same are brought to one.
    public init(os: String, architecture: String, variant: String? = nil) {
        self.os = os.lowercased()
        let name = architecture.lowercased()
        switch name {
        case "x86_64", "x86-64": self.architecture = "amd64"
        case "aarch64": self.architecture = "arm64"
        case "armhf", "armel": self.architecture = "arm"
        case "i386", "i686": self.architecture = "386"
        default: self.architecture = name
        }
        let suffix = variant?.lowercased() ?? (name == "armhf" ? "v7" : name == "armel" ? "v6" : "")
        self.variant = suffix.isEmpty ? nil : suffix.first == "v" ? suffix : "v" + suffix
    }

    /// Reads `OS/ARCHITECTURE[/VARIANT]`.
    public init(_ text: String) throws(Failure) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isNameByte) }) else {
            throw Failure(
                .invalid, attempting: "reading a platform", on: text, reason: "it is not OS/ARCH or OS/ARCH/VARIANT",
                advice: "write for example linux/amd64 or linux/arm/v7")
        }
        self.init(os: parts[0], architecture: parts[1], variant: parts.count == 3 ? parts[2] : nil)
    }

    /// What this program was built for.
    public static var host: Platform {
        #if arch(x86_64)
            Platform(os: "linux", architecture: "amd64")
        #elseif arch(arm64)
            Platform(os: "linux", architecture: "arm64")
        #elseif arch(arm)
            Platform(os: "linux", architecture: "arm", variant: "v7")
        #elseif arch(s390x)
            Platform(os: "linux", architecture: "s390x")
        #elseif arch(powerpc64le)
            Platform(os: "linux", architecture: "ppc64le")
        #else
            Platform(os: "linux", architecture: "riscv64")
        #endif
    }

    /// `linux/arm/v7`.
    public var description: String { "\(os)/\(architecture)" + (variant.map { "/\($0)" } ?? "") }

    /// The best of `offers` for this platform: same system and processor, the highest variant that is not above ours, the first of equals.
    ///
    /// - Returns: Its place in `offers`, or nil when none runs here. An offer without a platform is never chosen.
    func choose(from offers: [Platform?]) -> Int? {
        var best: (index: Int, level: Int)?
        for (index, offer) in offers.enumerated() {
            guard let offer, offer.os == os, offer.architecture == architecture else { continue }
            guard let mine = level, let theirs = offer.level else {
                // Variants that are no numbers (there are none today) only fit themselves.
                if offer.variant == variant { return index }
                continue
            }
            if theirs <= mine, theirs > best?.level ?? -1 { best = (index, theirs) }
        }
        return best?.index
    }

    /// The variant as a number that grows with what the processor can do. No variant means the usual one: v1 of amd64, v7 of arm, v8 of arm64.
    private var level: Int? {
        guard let variant else {
            switch architecture {
            case "arm": return 70
            case "arm64": return 80
            default: return 10
            }
        }
        let parts = variant.dropFirst().split(separator: ".", maxSplits: 1)
        guard let major = parts.first.flatMap({ Int($0) }), (0...99).contains(major) else { return nil }
        guard parts.count == 2 else { return major * 10 }
        guard let minor = Int(parts[1]), (0...9).contains(minor) else { return nil }
        return major * 10 + minor
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "._-".utf8.contains(byte)
        }
    }
}
