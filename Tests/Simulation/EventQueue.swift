/// What is to happen, in the order of time; what happens at the same moment, in the order in which it was planned.
struct EventQueue {
    private var items: [(time: Int64, number: UInt32, event: Event)] = []
    private var count: UInt32 = 0

    var nextTime: Int64? { items.first?.time }

    mutating func add(_ event: Event, at time: Int64) {
        items.append((time, count, event))
        count &+= 1
        var position = items.count - 1
        while position > 0 {
            let parent = (position - 1) / 2
            guard isBefore(position, parent) else { return }
            items.swapAt(position, parent)
            position = parent
        }
    }

    mutating func popFirst() -> (time: Int64, event: Event)? {
        guard let first = items.first else { return nil }
        let last = items.removeLast()
        if !items.isEmpty {
            items[0] = last
            var position = 0
            while true {
                var least = 2 * position + 1
                guard least < items.count else { break }
                if least + 1 < items.count, isBefore(least + 1, least) { least += 1 }
                guard isBefore(least, position) else { break }
                items.swapAt(least, position)
                position = least
            }
        }
        return (first.time, first.event)
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        (items[left].time, items[left].number) < (items[right].time, items[right].number)
    }
}

/// One thing that happens in a fleet.
enum Event {
    /// The node pulls its next image.
    case steady(node: Int)
    /// A pull begins, or begins again.
    case pull(Pull)
    /// A question on its way reaches the source.
    case attempt(fetch: Int)
    /// The scheduler's one timer.
    case wake(node: Int)
    case incident(node: Int, Incident)
}

/// What befalls one node.
public enum Incident: Sendable {
    /// It restarts: everything in memory is gone, and its pods start again.
    case boot
    /// The program that caches is replaced.
    case upgrade
    /// Its wall clock is set that many seconds off.
    case clock(offBy: Int64)
    /// It sleeps for that many seconds.
    case suspend(Int64)
    /// It pulls that many images within ten minutes.
    case rollout(Int)
}

/// One container that wants its image.
struct Pull {
    let node: Int
    let source: Int
    let image: Int
    /// When the container wanted it first.
    let wantedAt: Int64
    /// How long the transfer takes.
    let duration: Int64
    var attempts = 0
    /// A registry refused what was held, and another one was asked for.
    var hasRefetched = false
    var hasLacked = false
}
