/// Numbered things in the order of one moment each: the first is known at once, and every change takes O(log n).
struct MomentHeap {
    private var items: [(moment: Int64, id: Int32)] = []
    /// Where each thing stands in `items`, by its number; -1 for those that have no moment.
    private var positions: [Int32] = []
    /// How often two things have changed places so far: what the changes cost.
    private(set) var moves = 0

    /// How many have a moment.
    var count: Int { items.count }
    /// Whether none has.
    var isEmpty: Bool { items.isEmpty }
    /// The earliest, or one of them.
    var first: (id: Int, moment: Int64)? { items.first.map { (Int($0.id), $0.moment) } }

    /// The moment of one, or nil.
    func moment(of id: Int) -> Int64? {
        guard id < positions.count, positions[id] >= 0 else { return nil }
        return items[Int(positions[id])].moment
    }

    /// Gives one a moment, moves it, or takes it out with nil.
    mutating func set(_ id: Int, to moment: Int64?) {
        while positions.count <= id { positions.append(-1) }
        let position = Int(positions[id])
        switch (position, moment) {
        case (-1, nil): return
        case (-1, let moment?):
            items.append((moment, Int32(id)))
            positions[id] = Int32(items.count - 1)
            siftUp(items.count - 1)
        case (_, let moment?):
            let before = items[position].moment
            items[position].moment = moment
            if moment < before { siftUp(position) } else if moment > before { siftDown(position) }
        case (_, nil):
            positions[id] = -1
            let last = items.removeLast()
            guard position < items.count else { return }
            items[position] = last
            positions[Int(last.id)] = Int32(position)
            siftUp(position)
            siftDown(Int(positions[Int(last.id)]))
        }
    }

    private mutating func siftUp(_ start: Int) {
        var position = start
        while position > 0 {
            let parent = (position - 1) / 2
            guard items[position].moment < items[parent].moment else { return }
            swap(position, parent)
            position = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var position = start
        while true {
            var least = 2 * position + 1
            guard least < items.count else { return }
            if least + 1 < items.count, items[least + 1].moment < items[least].moment { least += 1 }
            guard items[least].moment < items[position].moment else { return }
            swap(position, least)
            position = least
        }
    }

    private mutating func swap(_ first: Int, _ second: Int) {
        moves += 1
        items.swapAt(first, second)
        positions[Int(items[first].id)] = Int32(first)
        positions[Int(items[second].id)] = Int32(second)
    }
}
