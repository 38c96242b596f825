/// What a pattern does that its writer is not likely to expect.
enum PatternTrap {
    case scheme
    case userinfo
    case queryOrFragment
    case bareAddress
    case hubAlias
    case upperCase
    case loneStar
    case impossibleHost
    case emptyLabel
    case impossiblePort
    case impliedPort
    case starInPath
    case tagInPath
    case apiPath
    case impossiblePath
    case plainPrefix

    /// Other names of Docker Hub.
    static let hubAliases = ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com", "hub.docker.com"]

    /// One sentence about the pattern that was cut into `parts`.
    func words(for parts: SchemelessURL, _ scheme: String?) -> String {
        switch self {
        case .scheme: "it starts with \(scheme ?? "a scheme"), so it never matches: patterns have no scheme"
        case .userinfo: "everything before '@' is ignored"
        case .queryOrFragment: "everything from '?' or '#' on is ignored: '?' is no wildcard"
        case .bareAddress: "an IPv6 address without a port never matches: write the port"
        case .hubAlias: "images on Docker Hub are matched as docker.io/…, which \(parts.host) never matches: write docker.io"
        case .upperCase: "hosts compare by upper and lower case: only images written exactly like it match"
        case .loneStar: "'*' stands for one label: only hosts without a dot match, such as localhost"
        case .impossibleHost: "no image has a host like this, so it never matches"
        case .emptyLabel: "the host has an empty label, so it never matches"
        case .impossiblePort: "no image has port \(parts.port), so it never matches"
        case .impliedPort: "no port is implied: images that are written without :\(parts.port) do not match"
        case .starInPath: "'*' is no wildcard in a path, so it never matches: a path already matches everything that starts with it"
        case .tagInPath: "images are matched without tag and digest, so a path with ':' or '@' never matches"
        case .apiPath: "\(parts.path.slice(0..<4)) is part of the API, not of an image's name: only repositories that start with it match"
        case .impossiblePath:
            "no repository is called \(parts.path.dropFirst()): they have lower-case letters, digits, '.', '_', '-' and single '/'"
        case .plainPrefix:
            "the path is a plain prefix: \(parts.path.dropFirst())-other matches too; end it with '/' to mean only what is below it"
        }
    }
}
