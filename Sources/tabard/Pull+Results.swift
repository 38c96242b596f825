import Glibc
import TabardCommand
import TabardCore
import TabardJSON
import TabardRegistry
import TabardSystem

/// What a pull tells, and how it ends.
extension Pull {
    /// One code for several failures: theirs when they agree, else 1.
    static func code(_ failures: [Failure]) -> Int32 {
        let codes = Set(failures.map(\.exitCode))
        return codes.count == 1 ? codes.first ?? 1 : 1
    }

    /// Says what a signal leaves behind, and ends the process as the signal would.
    static func end(by signal: Int32, _ target: PullTarget) -> Never {
        let name = signal == SIGINT ? "SIGINT" : signal == SIGTERM ? "SIGTERM" : "signal \(signal)"
        let rest =
            target.isTemporary
            ? "nothing is kept, as the archive goes to standard output: with --output FILE the same command would go on"
            : "what has arrived is kept in \(target.layoutPath)/ingest, and the same command goes on from there"
        target.abandon()
        StandardErrorLog.write("tabard: stopped by \(name); \(rest)")
        Exit.now(128 + signal)
    }

    /// Each name once, in order.
    static func names(_ orders: [PullOrder]) -> [String] {
        var seen: Set<String> = []
        return orders.map(\.image.description).filter { seen.insert($0).inserted }
    }

    /// What standard output gets of an image.
    static func line(_ pulled: PulledImage, for order: PullOrder, seconds: Double, json wantsJSON: Bool) -> String {
        guard wantsJSON else {
            let tag = pulled.image.tag.map { ":\($0)" } ?? ""
            return "\(pulled.image.name)\(tag)@\(pulled.digest)"
        }
        var json = JSONWriter()
        json.object { json in
            json.field("image", pulled.image.description)
            json.field("digest", pulled.digest.description)
            json.field("bytes", pulled.bytes)
            json.field("seconds", number: Decimal.text(seconds, digits: 3))
            if let credential = pulled.credential { json.field("credential", credential.description) } else { json.nullField("credential") }
            json.field("requests", pulled.requests)
            json.field("mirrors", pulled.mirrors)
            json.field("present", pulled.wasPresent)
            guard !order.pod.isEmpty else { return }
            json.field("pod", order.pod)
            json.field("container", order.container)
        }
        return String(decoding: json.finishBytes(), as: UTF8.self)
    }
}
