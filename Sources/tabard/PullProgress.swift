import ArgumentParser
import Glibc
import TabardCommand
import TabardCore
import TabardRegistry
import TabardSystem

/// What is seen of a pull: one line per event on standard error, and bars below them on a terminal; for programs one object per event.
final class PullProgress: Sendable {
    /// How much is shown.
    enum Style: String, ExpressibleByArgument, CaseIterable {
        /// What suits standard error and whoever reads the results.
        case auto
        /// Bars, on a terminal.
        case bar
        /// A line per event.
        case plain
        /// A JSON object per event.
        case json
        /// Nothing.
        case none
    }

    private let order: PullOrder
    private let isShown: Bool
    private let lines: PullEventLines?
    private let bars: ProgressBars?
    private let sizes = Monitor<[ContentDigest: Int64]>([:])

    init(_ order: PullOrder, style: Style) {
        self.order = order
        isShown = style != .none
        lines = style == .json ? PullEventLines(order, clocks: SystemClocks()) : nil
        bars = [.auto, .bar].contains(style) ? ProgressBars.onStandardError { getenv($0).map { String(cString: $0) } } : nil
    }

    private var image: ImageReference { order.image }

    /// The first line for a container.
    func start() {
        guard isShown, lines == nil, !order.pod.isEmpty else { return }
        say("Pulling image \"\(image.text)\"")
    }

    /// Takes an event, from any thread.
    func show(_ event: PullEvent) {
        guard isShown else { return }
        if let lines { return lines.tell(event) }
        switch event {
        case .refused(let failure): say("\(image): \(failure.reason); trying the next credential")
        case .anonymousFallback: say("\(image): every credential was refused; asking anonymously")
        case .resolved(let digest, let content):
            sizes.withLock { sizes in
                for blob in content { sizes[blob.digest] = blob.size }
            }
            for blob in content { bars?.add(blob.digest.shortened, size: blob.size) }
            if let bars { StandardErrorLog.divert { bars.say($0) } }
            say("\(image): \(digest.shortened), \(content.count) blobs, \(ByteCount.text(content.reduce(0) { $0 + $1.size }))")
        case .present(let digest):
            bars?.finish(digest.shortened)
            say("\(digest.shortened): already here")
        case .resumed(let digest, let count):
            bars?.resume(digest.shortened, at: count)
            say("\(digest.shortened): going on from \(ByteCount.text(count))")
        case .progress(let digest, let count): bars?.advance(digest.shortened, by: count)
        case .finished(let digest):
            bars?.finish(digest.shortened)
            say("\(digest.shortened): \(ByteCount.text(sizes.withLock { $0[digest] } ?? 0))")
        }
    }

    /// Takes the bars away, so that what is said next is the last on the screen.
    func stop() {
        guard let bars else { return }
        StandardErrorLog.divert(to: nil)
        bars.clear()
    }

    /// The last line of a pull, in the kubelet's words as far as those go.
    ///
    /// - Parameters:
    ///   - duration: Of this pull.
    ///   - waiting: The same and what it waited before, while other images were pulled.
    func finish(_ pulled: PulledImage, duration: Duration, waiting: Duration) {
        guard isShown else { return }
        if let lines { return lines.finish(pulled, seconds: duration / .seconds(1)) }
        stop()
        if pulled.wasPresent { return say("Container image \"\(image.text)\" already present on machine") }
        let size = sizes.withLock { $0.values.reduce(0, +) }
        let place = pulled.mirrors.isEmpty ? "" : ", by way of \(pulled.mirrors.joined(separator: " and "))"
        say(
            "Successfully pulled image \"\(image.text)\" in \(Self.text(duration)) (\(Self.text(waiting)) including waiting). "
                + "Image size: \(size) bytes. \(pulled.credential.map { "With the credential from \($0)" } ?? "Anonymously")\(place): "
                + "\(ByteCount.text(pulled.bytes)) received, \(pulled.requests) requests")
    }

    /// Why there is no image, whatever else is shown.
    func fail(_ failure: Failure) {
        if let lines { return lines.fail(failure) }
        StandardErrorLog.write("tabard: \(order.complaint(failure))".escapingControlCharacters())
    }

    /// As Go writes a duration that was cut to milliseconds.
    private static func text(_ duration: Duration) -> String {
        GoDuration.format(.milliseconds(Int64(duration / .milliseconds(1))))
    }

    private func say(_ text: String) { StandardErrorLog.write((order.prefix + text).escapingControlCharacters()) }
}

extension ContentDigest {
    /// As much as people compare.
    fileprivate var shortened: String { String(hex.prefix(12)) }
}
