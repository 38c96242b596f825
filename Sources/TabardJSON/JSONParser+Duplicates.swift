extension JSONParser {
    /// Marks every name of the object that stands again later in it, so that the last value wins, and records the later ones.
    mutating func markDuplicates(in object: Int) {
        let end = Int(tape[object].next)
        if markDuplicates(inFew: object, end: end) { return }
        var names: [Int] = []
        var index = object + 1
        while index < end {
            names.append(index)
            index = Int(tape[index + 1].next)
        }
        // Equal names land beside each other: sorted by a seeded hash, so that nobody can choose names that collide.
        var hashed = names.map { (hash: hash($0), name: $0) }
        hashed.sort { ($0.hash, $0.name) < ($1.hash, $1.name) }
        var start = 0
        while start < hashed.count {
            var runEnd = start + 1
            while runEnd < hashed.count, hashed[runEnd].hash == hashed[start].hash { runEnd += 1 }
            if runEnd - start > 1 { markDuplicates(among: hashed[start..<runEnd].map(\.name)) }
            start = runEnd
        }
    }

    /// Compares each name with those before it, without memory for them; false, and nothing is done, when there are more than a few.
    private mutating func markDuplicates(inFew object: Int, end: Int) -> Bool {
        var count = 0
        var index = object + 1
        while index < end {
            count += 1
            index = Int(tape[index + 1].next)
        }
        guard count <= 8 else { return false }
        index = object + 1
        while index < end {
            var earlier = object + 1
            while earlier < index {
                // Only the latest before it is not overridden yet.
                if !tape[earlier].flags.contains(.isOverridden), hasSameName(earlier, index) {
                    tape[earlier].flags.insert(.isOverridden)
                    duplicates.append(UInt32(index))
                }
                earlier = Int(tape[earlier + 1].next)
            }
            index = Int(tape[index + 1].next)
        }
        return true
    }

    /// `candidates` are in document order and most likely all equal, or few.
    private mutating func markDuplicates(among candidates: [Int]) {
        // The latest of each distinct name.
        var distinct: [Int] = []
        for candidate in candidates {
            if let known = distinct.firstIndex(where: { hasSameName($0, candidate) }) {
                tape[distinct[known]].flags.insert(.isOverridden)
                duplicates.append(UInt32(candidate))
                distinct[known] = candidate
            } else {
                distinct.append(candidate)
            }
        }
    }

    private func hash(_ name: Int) -> Int {
        var hasher = Hasher()
        // The same name has the same hash however it is written.
        if tape[name].flags.contains(.hasEscapes) {
            Array(UnescapedBytes(token(name))).withUnsafeBytes { hasher.combine(bytes: $0) }
        } else {
            hasher.combine(bytes: token(name))
        }
        return hasher.finalize()
    }

    private func hasSameName(_ left: Int, _ right: Int) -> Bool {
        if tape[left].flags.contains(.hasEscapes) || tape[right].flags.contains(.hasEscapes) {
            return UnescapedBytes(token(left)).elementsEqual(UnescapedBytes(token(right)))
        }
        return token(left).isEqual(to: token(right))
    }

    private func token(_ index: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[tape[index].range]) }
}
