import CTabardYAML
import TabardCore
import TabardJSON

/// Takes a stream's events from libyaml, document by document, and resolves which anchor each alias means.
struct YAMLReader: ~Copyable {
    private let parser: OpaquePointer
    private let bytes: UnsafeRawBufferPointer
    private let source: JSONSource
    private let limits: JSONLimits

    /// - Parameter bytes: Must stay valid as long as the reader.
    init(_ bytes: UnsafeRawBufferPointer, source: JSONSource, limits: JSONLimits) throws(Failure) {
        guard let parser = tabard_yaml_open(bytes.baseAddress, bytes.count) else {
            throw source.failure(at: JSONPosition(line: 1, column: 1), reason: "there is no memory left")
        }
        self.parser = parser
        self.bytes = bytes
        self.source = source
        self.limits = limits
    }

    deinit { tabard_yaml_close(parser) }

    /// The events of the next document, or nil at the end of the stream.
    mutating func nextDocument() throws(Failure) -> YAMLEvents? {
        var events = YAMLEvents()
        var open: [Int] = []
        var anchors: [String: Int] = [:]
        var isInDocument = false
        while true {
            var event = tabard_yaml_event()
            tabard_yaml_next(parser, &event)
            let position = JSONPosition(line: event.line + 1, column: event.column + 1)
            let text = UnsafeRawBufferPointer(start: event.text, count: event.length)
            let kind: YAMLEvents.Kind
            switch UInt32(event.kind) {
            case TABARD_YAML_END.rawValue: return nil
            case TABARD_YAML_ERROR.rawValue:
                let place = event.is_byte != 0 ? JSONPosition(offset: Int(event.offset), in: bytes) : position
                throw failure(String(decoding: text, as: UTF8.self), at: place)
            case TABARD_YAML_DOCUMENT.rawValue:
                isInDocument = true
                continue
            case TABARD_YAML_DOCUMENT_END.rawValue where isInDocument: return events
            case TABARD_YAML_DOCUMENT_END.rawValue: continue
            case TABARD_YAML_SCALAR.rawValue: kind = .scalar(isPlain: event.is_plain != 0)
            case TABARD_YAML_SEQUENCE.rawValue: kind = .sequence
            case TABARD_YAML_MAPPING.rawValue: kind = .mapping
            case TABARD_YAML_CLOSE.rawValue: kind = .close
            default: kind = .alias(try target(of: event, at: position, anchors, events.list))
            }
            guard events.list.count < limits.values else {
                throw source.failure(at: position, reason: "there are more than \(limits.values) values and names in one document")
            }
            let start = events.text.count
            events.text.append(text)
            let index = events.list.count
            events.list.append(
                YAMLEvents.Event(
                    kind: kind, tag: try tag(of: event, kind, at: position), range: start..<events.text.count, position: position,
                    end: index + 1))
            if let anchor = event.anchor, event.kind != TABARD_YAML_ALIAS.rawValue { anchors[String(cString: anchor)] = index }
            switch kind {
            case .sequence, .mapping:
                events.list[index].end = 0
                open.append(index)
                guard open.count <= limits.depth else {
                    throw source.failure(at: position, reason: "nested more than \(limits.depth) deep")
                }
            case .close: if let opened = open.popLast() { events.list[opened].end = index + 1 }
            default: break
            }
        }
    }

    private func target(
        of event: tabard_yaml_event, at position: JSONPosition, _ anchors: [String: Int], _ list: [YAMLEvents.Event]
    ) throws(Failure) -> Int {
        guard let name = event.anchor.map({ String(cString: $0) }), let target = anchors[name] else {
            throw source.failure(at: position, reason: "an alias has no anchor before it in this document")
        }
        guard list[target].end > 0 else { throw source.failure(at: position, reason: "an alias stands inside what it stands for") }
        return target
    }

    private func tag(of event: tabard_yaml_event, _ kind: YAMLEvents.Kind, at position: JSONPosition) throws(Failure) -> YAMLTag {
        // "!" alone only says that a plain scalar is text.
        guard let name = event.tag.map({ String(cString: $0) }) else { return .none }
        if name == "!" { if case .scalar = kind { return .text } else { return .none } }
        guard let tag = YAMLTag(rawValue: name), tag != .none, tag.suits(kind) else {
            throw source.failure(
                at: position, reason: "a tag here is none of YAML's own for this kind of value", advice: "leave the word with '!' out")
        }
        return tag
    }

    private func failure(_ problem: String, at position: JSONPosition) -> Failure {
        // Tabs and unquoted specials are what people trip over.
        let advice =
            problem.contains(text: "cannot start any token")
            ? "indent with spaces, not tabs, and quote texts that start with @, ` or %" : ""
        return source.failure(at: position, reason: "is not YAML: \(problem)", advice: advice)
    }
}
