public import TabardCore
import TabardSystem

extension CredentialCache {
    /// Gives what is held and still valid, for the process that takes over; nothing changes here.
    ///
    /// - Throws: `.local` when the kernel does not tell which boot this is.
    public func export() throws(Failure) -> CacheHandover {
        let bootID = try Self.bootID()
        let now = clocks.bootNanoseconds
        let replies = state.read { state in
            state.table.all.compactMap { place, slot -> HeldReply? in
                guard let held = slot.held, now < held.until else { return nil }
                return HeldReply(
                    provider: place.provider, imageName: held.key.imageName, registry: held.key.registry, identity: place.identity,
                    reply: held.reply, until: held.until, refreshAt: held.refreshAt, refetchedAt: held.refetchedAt,
                    wasRefused: held.wasRefused, wasUsed: held.wasUsed, goodUntil: held.goodUntil, handoutUntil: held.handoutUntil)
            }
        }
        return CacheHandover(bootID: bootID, replies: replies)
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
        let longest = now.addingSaturated(limits.longestLifetime)
        let taken = handover.replies.compactMap { reply -> Slot.Held? in
            guard now < reply.until, reply.until <= longest else { return nil }
            let key = CacheKey(provider: reply.provider, imageName: reply.imageName, registry: reply.registry, identity: reply.identity)
            return Slot.Held(
                reply: reply.reply, until: reply.until, refreshAt: reply.refreshAt, goodUntil: reply.goodUntil,
                handoutUntil: reply.handoutUntil ?? .max, refetchedAt: reply.refetchedAt, wasRefused: reply.wasRefused,
                wasUsed: reply.wasUsed, key: key, fetch: fetch(reply))
        }
        return change { state in
            var count = 0
            for held in taken {
                let place = held.key.place(held.reply.scope ?? .image)
                guard state.table[place] == nil else { continue }
                state.table[place] = .fresh(held)
                if !held.reply.entries.isEmpty { state.table.scopes[place.provider] = place.scope }
                count += 1
            }
            state.table.makeRoom(now: now)
            return count
        }
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
