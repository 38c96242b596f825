import TabardCommand
import TabardCore
import TabardHost
import TabardRegistry
import TabardSystem

/// The mirrors of each registry: what the command line says, else the configuration, else what this machine has.
struct PullMirrors: Sendable {
    /// One `--mirror`.
    struct Named: Sendable {
        let registry: String
        /// nil for no mirror at all.
        let location: MirrorLocation?
    }

    /// By the registry as images name it. An empty list is a wish, too.
    private let locations: [String: [MirrorLocation]]

    /// Google's copy of Docker Hub's frequent images, near to its machines. It asks nobody who he is, and nobody tells it.
    private static let google = "mirror.gcr.io"

    /// - Parameters:
    ///   - configured: `mirrors` of the configuration.
    ///   - named: Each `--mirror`. They replace what is configured for the registry.
    init(configured: [String: [MirrorLocation]], named: [Named]) throws(Failure) {
        var locations = configured
        for wish in named { locations[wish.registry] = [] }
        for wish in named {
            if let location = wish.location { locations[wish.registry, default: []].append(location) }
        }
        if locations["docker.io"] == nil, Self.isGoogleMachine { locations["docker.io"] = [try MirrorLocation(Self.google)] }
        self.locations = locations
    }

    /// One place where an image is looked for before its registry is asked.
    struct Place {
        /// The image as the mirror names it.
        let image: ImageReference
        /// Whether nothing is told to it about who is asking.
        let isAnonymous: Bool
    }

    /// Where an image is looked for before its registry is asked, in that order.
    func places(of image: ImageReference) throws(Failure) -> [Place] {
        try (locations[image.registry] ?? []).map { location throws(Failure) in
            Place(image: try location.image(image), isAnonymous: location.registry == Self.google)
        }
    }

    /// The same, each place with the credentials that are for it.
    ///
    /// - Parameters:
    ///   - resolver: Asked with the image as the mirror names it, so that nothing that is for the registry goes to a mirror.
    ///   - pullSecrets: What came with the image; only what fits the mirror's name is used.
    func sources(
        of image: ImageReference, from resolver: CredentialResolver, pullSecrets: StaticCredentials?, until deadline: Int64,
        patience: Duration, cancellation: Cancellation
    ) throws(Failure) -> [ImageSource] {
        try places(of: image).map { place in
            guard !place.isAnonymous else { return ImageSource(place.image) { () throws(Failure) in nil } }
            let candidates = resolver.candidates(
                for: ProviderRequest(image: place.image), given: pullSecrets, until: deadline, patience: patience,
                cancellation: cancellation)
            return ImageSource(place.image) { () throws(Failure) in try candidates.next() }
        }
    }

    /// Whether the firmware says so. No metadata server is asked: a pull of a public image needs none.
    ///
    /// `TABARD_DMI_FOLDER` names a folder in place of /sys/class/dmi/id.
    private static var isGoogleMachine: Bool {
        let folder = Environment.nonEmptyValue("TABARD_DMI_FOLDER") ?? "/sys/class/dmi/id"
        func field(_ name: String) -> String {
            let bytes = (try? FileSystem.contents(of: "\(folder)/\(name)", limit: 4096)) ?? []
            return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
        }
        return field("sys_vendor") == "Google" || ["Google", "Google Compute Engine"].contains(field("product_name"))
    }

    /// Reads one `--mirror`: `REGISTRY=LOCATION`, or `REGISTRY=` for none.
    static func parse(_ text: String) throws(Failure) -> Named {
        guard let sign = text.firstIndex(of: "="), let registry = MirrorLocation.registry(String(text[..<sign])) else {
            throw ArgumentReader.wrong(
                "--mirror \(text) is not REGISTRY=MIRROR",
                advice: "write for example --mirror docker.io=mirror.gcr.io, or --mirror docker.io= for no mirror")
        }
        let rest = String(text[text.index(after: sign)...])
        let location = rest.isEmpty ? nil : try MirrorLocation(rest)
        guard location?.description != registry else {
            throw ArgumentReader.wrong("--mirror \(text) names the registry as its own mirror", advice: "name another place")
        }
        return Named(registry: registry, location: location)
    }
}
