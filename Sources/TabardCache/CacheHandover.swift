/// The replies that a cache holds, as values for the process that takes over on the same boot.
///
/// Times are on CLOCK_BOOTTIME, in nanoseconds: that clock goes on through exec(2) and suspend, and means nothing after a restart. Passwords
/// are `Secret`s; whoever writes this down does so into memory that ends with the two processes.
public struct CacheHandover: Sendable {
    /// The kernel's id of the boot on which the times are meant.
    public var bootID: String
    /// What is held, in no order.
    public var replies: [HeldReply]

    /// Makes one from its parts, as they were written down.
    public init(bootID: String, replies: [HeldReply]) {
        self.bootID = bootID
        self.replies = replies
    }
}
