public import TabardCore
import TabardSystem

extension CredentialCache {
    /// Gives what is held and still valid, for the process that takes over; nothing changes here.
    ///
    /// - Throws: `.local` when the kernel does not tell which boot this is.
    public func export() throws(Failure) -> CacheHandover {
        let bootID = try Self.bootID()
        let now = clocks.bootNanoseconds
        return CacheHandover(bootID: bootID, replies: state.read { $0.table.export(now: now) })
    }

    /// Takes over what another process held on this boot. What is here already wins; what has ended is left out.
    ///
    /// - Parameter fetch: How a reply is asked for again when nobody waits, or nil to wait for a caller who brings the way: a service
    ///   account's token is not handed over.
    /// - Returns: How many replies were taken.
    /// - Throws: `.invalid` when it is from another boot, whose times mean nothing here; nothing is taken then.
    @discardableResult
    public func `import`(_ handover: CacheHandover, fetch: (HeldReply) -> Fetch?) throws(Failure) -> Int {
        guard handover.bootID == (try Self.bootID()) else {
            throw Failure(
                .invalid, attempting: "taking over the entries of another process",
                reason: "they were held on another boot of this machine, whose clock says nothing now",
                advice: "nothing: every entry is fetched anew when it is wanted")
        }
        let now = clocks.bootNanoseconds
        let replies = handover.replies.map { ($0, fetch($0)) }
        return change { $0.table.import(replies, now: now) }
    }

    /// Which boot CLOCK_BOOTTIME counts from.
    private static func bootID() throws(Failure) -> String {
        do throws(SystemError) {
            let bytes = try FileSystem.contents(of: "/proc/sys/kernel/random/boot_id", limit: 128)
            return String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self)
        } catch {
            throw Failure(.local, attempting: "reading which boot this is", reason: error.description, advice: "mount /proc")
        }
    }
}
