import TabardCore
import TabardHTTP
import TabardSystem

/// The connections beside the main one.
extension BlobDownload {
    /// Looks whether a further connection would be faster, and begins it.
    func growIfWorthIt() throws(Failure) {
        let isWorthIt = state.withLock { state in
            guard state.givesParts, !state.isEnding else { return false }
            state.growth.observe(ingest.count, at: session.context.clocks.monotonicNanoseconds, over: state.giving)
            return state.helpers + 1 < state.growth.wanted && state.queue.remaining >= splitting.minimumRest
        }
        guard isWorthIt else { return }
        guard slots.take() else { return state.withLock { $0.growth.postpone(at: 1 + $0.helpers) } }
        guard try ingest.allowParts() else {
            slots.give()
            return state.withLock { $0.growth.settle(at: 1) }
        }
        state.withLock {
            $0.helpers += 1
            $0.wasSplit = true
        }
        do throws(SystemError) {
            let thread = try WorkerThread {
                self.help()
                self.slots.give()
            }
            state.withLock { $0.threads.append(thread) }
        } catch {
            // Without a thread the main connection does it all.
            slots.give()
            state.withLock {
                $0.helpers -= 1
                $0.growth.settle(at: 1 + $0.helpers)
            }
        }
    }

    /// Ends all of them and returns when they have ended. For the main thread.
    func endHelpers() {
        let threads = state.withLock { state in
            defer { state.threads = [] }
            if !state.threads.isEmpty { state.isEnding = true }
            return state.threads
        }
        if threads.isEmpty { return }
        helpersEnd.cancel()
        for thread in threads { thread.join() }
    }

    /// Fetches parts until there are none, or this connection is no longer wanted.
    private func help() {
        while let part = claimForHelper() {
            session.context.pace.wait(for: session.endpoint.base.origin, until: deadline, cancellation: helpersEnd)
            var left = part.range
            do throws(Failure) {
                defer {
                    state.update { state in
                        left = state.queue.rest(of: part.number)
                        state.queue.release(part.number)
                    }
                }
                try fetchAsHelper(part)
            } catch {
                if let delay = error.retryAfter { session.context.pace.hold(session.endpoint.base.origin, for: delay) }
                // A connection that has given something may be followed by another.
                if error.isTransient, left.lowerBound > part.range.lowerBound { continue }
                state.update { state in
                    state.helpers -= 1
                    state.growth.settle(at: 1 + state.helpers)
                }
                return session.context.log(.info(2), "going on with a connection less: \(error)")
            }
        }
    }

    /// - Returns: nil when this helper is done, and no longer counted.
    private func claimForHelper() -> PartQueue.Part? {
        state.update { state in
            let isWanted = !state.isEnding && state.helpers < state.growth.wanted
            if isWanted, let part = state.queue.claim(sharing: 1 + state.helpers) { return part }
            state.helpers -= 1
            return nil
        }
    }

    private func fetchAsHelper(_ part: PartQueue.Part) throws(Failure) {
        var reading = PartReading()
        defer { reading.end(in: state) }
        do throws(Failure) {
            let answer = try session.exchange(
                try request(Self.field(part.range, isOpen: false)), until: deadline, cancellation: helpersEnd, isSuccess: { $0 == 206 },
                onHead: { (head) throws(Failure) in
                    try ContentRange.require(part.range, of: ingest.descriptor.size, in: head, of: digest)
                    // Digests decide in the end, but parts of two versions would be fetched for nothing.
                    guard let mine = Self.version(head), let main = state.read({ $0.version }), mine != main else { return }
                    throw Failure(
                        .badResponse, attempting: "downloading content", on: digest,
                        reason: "the registry has another version of this part (ETag)")
                },
                onBytes: { (bytes) throws(Failure) in try receive(bytes, for: part, &reading) })
            guard answer.head.status == 206 else {
                throw session.refusal(answer, attempting: "downloading a part", on: "\(image) \(digest)")
            }
        } catch {
            guard reading.isCutShort else { throw error }
        }
    }
}
