/// An image whose name was cut into its parts once, for the comparison with many patterns.
package struct ComparedImage {
    let image: ImageReference
    /// The name as patterns see it. Nil for one that they cannot read, which none nearly matches.
    let target: SchemelessURL?
    let isOnDockerHub: Bool

    /// Cuts the name.
    package init(_ image: ImageReference) {
        self.image = image
        target = try? SchemelessURL(image.name)
        isOnDockerHub = image.registry == "docker.io"
    }
}
