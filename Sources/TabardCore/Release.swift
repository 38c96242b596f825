/// Which release of Tabard this is.
public enum Release {
    /// The version of everything that is built together: programs, plugins and the host (semver.org).
    public static let version = "0.1.0"
}
