/// How long a mirror may take to give a manifest. There is another place to ask, so one that says nothing is left soon; but one that lives may
/// be getting the image itself just now.
struct MirrorPatience: Sendable {
    /// For the manifest, while it is not known whether the mirror lives.
    var first = Duration.seconds(3)
    /// For any sign of life after that.
    var signOfLife = Duration.seconds(2)
    /// For the manifest, from a mirror that lives.
    var living = Duration.seconds(30)
    /// A layer of which nothing comes for so long is gone on with elsewhere.
    var stall = Duration.seconds(10)
}
