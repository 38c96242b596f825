import Synchronization

/// How many requests one pull has made, from whichever thread.
final class RequestCounter: Sendable {
    private let number = Atomic<Int>(0)

    func count() { number.add(1, ordering: .relaxed) }

    var total: Int { number.load(ordering: .relaxed) }
}
