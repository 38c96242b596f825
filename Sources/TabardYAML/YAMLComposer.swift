import TabardCore
import TabardJSON

/// Makes a JSON document of one document's events, and keeps where each value stood.
struct YAMLComposer: ~Copyable {
    private struct Pair {
        let key: String
        let keyPosition: JSONPosition
        let value: Int
    }

    private let events: YAMLEvents
    private let source: JSONSource
    private let limits: JSONLimits
    private var places: [JSONPosition] = []
    /// What aliases and merges may still add up to.
    private var valuesLeft: Int
    private var bytesLeft: Int

    init(_ events: consuming YAMLEvents, source: JSONSource, limits: JSONLimits) {
        self.events = events
        self.source = source
        self.limits = limits
        valuesLeft = limits.values
        bytesLeft = limits.bytes
    }

    /// The document, or nil when there is nothing in it.
    mutating func document() throws(Failure) -> JSONDocument? {
        guard let root = events.list.first else { return nil }
        if case .scalar(isPlain: true) = root.kind, events.withText(0, { $0.isEmpty }) { return nil }
        var json = JSONWriter()
        try write(0, named: nil, depth: 0, to: &json)
        // Escapes are longer than what they stand for, which was counted.
        let bounds = JSONLimits(bytes: .max, depth: limits.depth, values: limits.values)
        return try JSONDocument(madeFrom: source, json: json.finish(), places: places, limits: bounds)
    }

    private mutating func write(_ index: Int, named key: String?, depth: Int, to json: inout JSONWriter) throws(Failure) {
        let event = events.list[index]
        try spend(1, bytes: event.range.count, at: event.position)
        switch event.kind {
        case .sequence, .mapping: try checkDepth(depth, at: index)
        default: break
        }
        switch event.kind {
        case .alias(let target):
            try write(target, named: key, depth: depth, to: &json)
        case .scalar(let isPlain):
            places.append(event.position)
            try writeScalar(index, isPlain: isPlain, named: key, to: &json)
        case .sequence:
            places.append(event.position)
            if let key {
                try json.array(key) { json throws(Failure) in try writeElements(of: index, depth, to: &json) }
            } else {
                try json.array { json throws(Failure) in try writeElements(of: index, depth, to: &json) }
            }
        case .mapping:
            places.append(event.position)
            if let key {
                try json.object(key) { json throws(Failure) in try writeMembers(of: index, depth, to: &json) }
            } else {
                try json.object { json throws(Failure) in try writeMembers(of: index, depth, to: &json) }
            }
        // Only containers have one, and they go past it.
        case .close: break
        }
    }

    private mutating func writeElements(of index: Int, _ depth: Int, to json: inout JSONWriter) throws(Failure) {
        var next = index + 1
        while next < events.list[index].end - 1 {
            try write(next, named: nil, depth: depth + 1, to: &json)
            next = events.list[next].end
        }
    }

    private mutating func writeMembers(of index: Int, _ depth: Int, to json: inout JSONWriter) throws(Failure) {
        for pair in try pairs(of: index, depth: depth) {
            places.append(pair.keyPosition)
            try write(pair.value, named: pair.key, depth: depth + 1, to: &json)
        }
    }

    // MARK: Scalars

    private func writeScalar(_ index: Int, isPlain: Bool, named key: String?, to json: inout JSONWriter) throws(Failure) {
        switch try scalar(index, isPlain: isPlain) {
        case .null: if let key { json.nullField(key) } else { json.nullValue() }
        case .boolean(let value): if let key { json.field(key, value) } else { json.value(value) }
        case .number(let text): if let key { json.field(key, number: text) } else { json.value(number: text) }
        case .beyondJSON: throw failure("is a number that JSON does not have", at: index, advice: "put it in quotes if it is a text")
        case .text, .merge:
            let secret = events.withText(index) { Secret(copying: $0) }
            if let key { try json.field(key, secret) } else { try json.value(secret) }
        }
    }

    private func scalar(_ index: Int, isPlain: Bool) throws(Failure) -> YAMLScalar {
        let tag = events.list[index].tag
        guard tag != .text, isPlain || tag != .none else { return .text }
        let scalar = events.withText(index) { YAMLScalar(plain: $0) }
        switch (tag, scalar) {
        case (.none, _), (.null, .null), (.boolean, .boolean), (.integer, .number), (.float, .number), (.float, .beyondJSON): return scalar
        default: throw failure("is not what its tag says", at: index, advice: "leave the word with '!' out")
        }
    }

    // MARK: Members

    /// The members of a mapping with what is merged into it, each name once; its own win over merged ones, earlier merged ones over later.
    private mutating func pairs(of index: Int, depth: Int) throws(Failure) -> [Pair] {
        try checkDepth(depth, at: index)
        var pairs: [Pair] = []
        var merged: [Int] = []
        var seen: [String: Int] = [:]
        var next = index + 1
        while next < events.list[index].end - 1 {
            let keyIndex = next
            let value = events.list[keyIndex].end
            next = events.list[value].end
            try spend(1, bytes: events.list[resolved(keyIndex)].range.count, at: events.list[keyIndex].position)
            guard let key = try key(keyIndex) else {
                merged += try mappings(mergedBy: value)
                continue
            }
            if let line = seen.updateValue(events.list[keyIndex].position.line, forKey: key) {
                throw failure(
                    "the key \"\(key.prefix(80))\" stands twice in one mapping, first on line \(line)", at: keyIndex,
                    advice: "remove one of the two")
            }
            pairs.append(Pair(key: key, keyPosition: events.list[keyIndex].position, value: value))
        }
        for mapping in merged {
            for pair in try self.pairs(of: mapping, depth: depth + 1) where seen.updateValue(0, forKey: pair.key) == nil {
                try spend(1, bytes: pair.key.utf8.count, at: pair.keyPosition)
                pairs.append(pair)
            }
        }
        return pairs
    }

    /// A member's name, or nil for the key that merges.
    private func key(_ index: Int) throws(Failure) -> String? {
        let node = resolved(index)
        guard case .scalar(let isPlain) = events.list[node].kind else {
            throw failure("a key is a list or a mapping", at: index, advice: "write a text as the key")
        }
        switch try scalar(node, isPlain: isPlain) {
        case .text: return events.withText(node) { String(decoding: $0, as: UTF8.self) }
        case .boolean(let value): return value ? "true" : "false"
        case .number(let text): return text
        case .merge: return nil
        case .null, .beyondJSON: throw failure("a key is empty, null or no number", at: index, advice: "put the key in quotes")
        }
    }

    private func mappings(mergedBy index: Int) throws(Failure) -> [Int] {
        let node = resolved(index)
        var mappings = [node]
        if case .sequence = events.list[node].kind {
            mappings = []
            var next = node + 1
            while next < events.list[node].end - 1 {
                mappings.append(resolved(next))
                next = events.list[next].end
            }
        }
        for mapping in mappings {
            guard case .mapping = events.list[mapping].kind else {
                throw failure("\"<<\" merges something else than mappings", at: index, advice: "put << in quotes if it is meant as a name")
            }
        }
        return mappings
    }

    /// What an alias stands for; other nodes themselves. An anchor names no alias, so one step is enough.
    private func resolved(_ index: Int) -> Int {
        if case .alias(let target) = events.list[index].kind { target } else { index }
    }

    private func checkDepth(_ depth: Int, at index: Int) throws(Failure) {
        guard depth < limits.depth else { throw failure("nested more than \(limits.depth) deep", at: index) }
    }

    private mutating func spend(_ values: Int, bytes: Int, at position: JSONPosition) throws(Failure) {
        valuesLeft -= values
        bytesLeft -= bytes
        guard valuesLeft >= 0, bytesLeft >= 0 else {
            throw source.failure(
                at: position, reason: "the aliases stand for more than \(limits.values) values or \(limits.bytes) bytes",
                advice: "write it with fewer aliases")
        }
    }

    private func failure(_ reason: String, at index: Int, advice: String = "") -> Failure {
        source.failure(at: events.list[index].position, reason: reason, advice: advice)
    }
}
