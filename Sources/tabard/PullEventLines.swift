import TabardCommand
import TabardCore
import TabardJSON
import TabardRegistry
import TabardSystem

/// What happens during the pull of one image, for programs: one JSON object a line on standard error. Thread-safe.
///
/// Every object has `event` and `image`, and `pod` and `container` where a Pod wants it.
final class PullEventLines: Sendable {
    private struct Part {
        let size: Int64
        var received: Int64 = 0
        /// When it was told last, on CLOCK_MONOTONIC in nanoseconds.
        var toldAt: Int64
    }

    private let order: PullOrder
    private let clocks: any Clocks
    private let parts = Monitor<[ContentDigest: Part]>([:])

    /// Of one part, `progress` is told once in so many nanoseconds.
    private static let interval: Int64 = 1_000_000_000

    init(_ order: PullOrder, clocks: any Clocks) {
        self.order = order
        self.clocks = clocks
    }

    /// Takes an event, from any thread.
    func tell(_ event: PullEvent) {
        switch event {
        case .refused(let failure): write("refused") { $0.field("reason", failure.reason) }
        case .anonymousFallback: write("anonymousFallback")
        case .resolved(let digest, let content):
            let now = clocks.monotonicNanoseconds
            parts.withLock { parts in
                for blob in content { parts[blob.digest] = Part(size: blob.size, toldAt: now) }
            }
            write("resolved") { json in
                json.field("digest", digest.description)
                json.array("content") { json in
                    for blob in content {
                        json.object { json in
                            json.field("digest", blob.digest.description)
                            json.field("size", blob.size)
                        }
                    }
                }
            }
        case .present(let digest): write("present") { $0.field("blob", digest.description) }
        case .resumed(let digest, let count):
            parts.withLock { $0[digest]?.received = count }
            write("resumed") { json in
                json.field("blob", digest.description)
                json.field("received", count)
            }
        case .progress(let digest, let count): progress(digest, count)
        case .finished(let digest): write("finished") { $0.field("blob", digest.description) }
        }
    }

    private func progress(_ digest: ContentDigest, _ count: Int) {
        let now = clocks.monotonicNanoseconds
        let due = parts.withLock { parts -> Part? in
            guard var part = parts[digest] else { return nil }
            part.received = min(part.received.addingSaturated(Int64(count)), part.size)
            let isDue = now - part.toldAt >= Self.interval
            if isDue { part.toldAt = now }
            parts[digest] = part
            return isDue ? part : nil
        }
        guard let due else { return }
        write("progress") { json in
            json.field("blob", digest.description)
            json.field("received", due.received)
            json.field("size", due.size)
        }
    }

    /// The last of a pull that went well.
    func finish(_ pulled: PulledImage, seconds: Double) {
        write("pulled") { json in
            json.field("digest", pulled.digest.description)
            json.field("bytes", pulled.bytes)
            json.field("requests", pulled.requests)
            json.field("seconds", number: Decimal.text(seconds, digits: 3))
            json.field("present", pulled.wasPresent)
        }
    }

    /// The last of a pull that did not.
    func fail(_ failure: Failure) {
        write("failed") { json in
            json.field("message", order.complaint(failure).escapingControlCharacters())
            json.field("exitCode", failure.exitCode)
            json.field("transient", failure.isTransient)
        }
    }

    private func write(_ event: String, _ body: (inout JSONWriter) -> Void = { _ in }) {
        var json = JSONWriter()
        json.object { json in
            json.field("event", event)
            json.field("image", order.image.description)
            if !order.pod.isEmpty {
                json.field("pod", order.pod)
                json.field("container", order.container)
            }
            body(&json)
        }
        StandardErrorLog.write(String(decoding: json.finishBytes(), as: UTF8.self))
    }
}
