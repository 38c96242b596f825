import TabardCore

/// Reads one HTTP/1.1 answer (RFC 9112) from bytes that come in pieces of any size.
///
/// Strict where leniency lets two readers see two different messages: no folded lines, no space before a colon, no bare CR, one
/// unambiguous length, CRLF in chunked framing. A bare LF ends a line of the head only, which section 2.2 allows.
struct ResponseParser {
    /// What the next bytes turned out to be.
    enum Event {
        /// All bytes are consumed and more are needed.
        case needsMore
        /// The final head.
        case head(HTTPResponseHead)
        /// A piece of the body: this part of the bytes given.
        case body(Range<Int>)
        /// The answer is complete.
        case end
    }

    /// Why the bytes are no answer.
    enum Problem: Error, Equatable {
        /// Not HTTP, or HTTP that could be read in two ways.
        case malformed(String)
        /// A head over the limit.
        case tooLarge(String)
        /// The connection ended first.
        case truncated(String)
    }

    private enum State {
        case statusLine
        case fieldLine
        case length(Int64)
        case untilClose
        case chunkSize
        case chunk(Int64)
        case chunkEnd
        case trailerLine
        case done
    }

    static let maximumHead = 64 << 10
    static let maximumFields = 256
    static let maximumInterimHeads = 16
    static let maximumChunkLine = 4096

    private var state = State.statusLine
    private var line: [UInt8] = []
    private var headBytes = 0
    private var interimHeads = 0
    private var isVersion11 = false
    private var head = HTTPResponseHead(status: 0)
    private var fieldCount = 0
    private let isHead: Bool

    /// Whether another answer may follow on the same connection. Meaningful at the end.
    private(set) var isReusable = false
    /// Whether anything has arrived.
    private(set) var hasStarted = false
    /// The bytes of the body so far.
    private(set) var bodyBytes: Int64 = 0

    /// Begins an answer to a request of that method, which decides whether there can be a body.
    init(method: String) { isHead = method == "HEAD" }

    /// Takes bytes from the front of `bytes`.
    ///
    /// - Returns: How many were consumed, and what they were. `.needsMore` has always consumed all.
    mutating func parse(_ bytes: UnsafeRawBufferPointer) throws(Problem) -> (consumed: Int, event: Event) {
        if !bytes.isEmpty { hasStarted = true }
        var position = 0
        while true {
            switch state {
            case .done: return (position, .end)
            case .length(let left), .chunk(let left):
                let count = Int(min(left, Int64(bytes.count - position)))
                if count == 0 { return (position, .needsMore) }
                advance(past: Int64(count), of: left)
                bodyBytes += Int64(count)
                return (position + count, .body(position..<(position + count)))
            case .untilClose:
                if position == bytes.count { return (position, .needsMore) }
                bodyBytes += Int64(bytes.count - position)
                return (bytes.count, .body(position..<bytes.count))
            case .statusLine, .fieldLine, .chunkSize, .chunkEnd, .trailerLine:
                guard try takeLine(bytes, &position) else { return (position, .needsMore) }
                let isHeadComplete = try readLine()
                line.removeAll(keepingCapacity: true)
                if isHeadComplete { return (position, .head(head)) }
            }
        }
    }

    /// The connection has ended. Fine only where its end is the end of the body.
    mutating func finish() throws(Problem) {
        switch state {
        case .done: return
        case .untilClose: state = .done
        case .length(let left): throw .truncated("the connection ended after \(bodyBytes) of \(bodyBytes + left) bytes")
        case .statusLine where !hasStarted: throw .truncated("the server closed the connection without an answer")
        case .statusLine, .fieldLine: throw .truncated("the connection ended within the head of the answer")
        default: throw .truncated("the connection ended after \(bodyBytes) bytes, before the last chunk")
        }
    }

    private mutating func advance(past count: Int64, of left: Int64) {
        if case .chunk = state {
            state = count == left ? .chunkEnd : .chunk(left - count)
        } else {
            state = count == left ? .done : .length(left - count)
        }
    }

    /// Collects bytes into `line` until its end; the line end is not kept.
    private mutating func takeLine(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) throws(Problem) -> Bool {
        let rest = bytes[position...]
        let feed = rest.firstIndex(of: 0x0A)
        let end = feed ?? bytes.endIndex
        line.append(contentsOf: rest[..<end])
        position = feed.map { $0 + 1 } ?? bytes.endIndex
        try checkLimits()
        guard feed != nil else { return false }
        let hasReturn = line.last == 0x0D
        if hasReturn { line.removeLast() }
        if line.contains(0x0D) { throw .malformed("a carriage return stands alone in a line") }
        switch state {
        case .statusLine, .fieldLine: headBytes += line.count + 2
        case .trailerLine:
            guard hasReturn else { throw .malformed("a trailer line ends without a carriage return") }
            headBytes += line.count + 2
        default:
            guard hasReturn else { throw .malformed("a chunk line ends without a carriage return") }
        }
        return true
    }

    private func checkLimits() throws(Problem) {
        switch state {
        case .chunkSize, .chunkEnd:
            if line.count > Self.maximumChunkLine { throw .malformed("a chunk line is longer than \(Self.maximumChunkLine) bytes") }
        case .statusLine where line.count >= 5 && !line.starts(with: "HTTP/".utf8):
            // Said at once: a server of another protocol may send on for ever without a line end.
            throw .malformed("the answer does not begin with HTTP/")
        default:
            if headBytes + line.count > Self.maximumHead { throw .tooLarge("the head of the answer is over \(Self.maximumHead) bytes") }
        }
    }

    /// - Returns: Whether the final head is complete.
    private mutating func readLine() throws(Problem) -> Bool {
        switch state {
        case .statusLine:
            try readStatusLine()
            state = .fieldLine
        case .fieldLine where line.isEmpty:
            if head.status >= 200 {
                try decideFraming()
                return true
            }
            if head.status == 101 { throw .malformed("the server switched to a protocol that nobody asked for") }
            interimHeads += 1
            if interimHeads > Self.maximumInterimHeads { throw .malformed("more than \(Self.maximumInterimHeads) interim answers") }
            state = .statusLine
        case .fieldLine: try readField(into: true)
        case .trailerLine where line.isEmpty: state = .done
        case .trailerLine: try readField(into: false)
        case .chunkEnd:
            guard line.isEmpty else { throw .malformed("a chunk is longer than its size") }
            state = .chunkSize
        case .chunkSize: try readChunkSize()
        default: break
        }
        return false
    }

    /// `HTTP/1.1 200 OK`; the space before an empty reason may be missing, as many servers leave it out.
    private mutating func readStatusLine() throws(Problem) {
        let isHTTP1 = line.count >= 12 && line.starts(with: "HTTP/1.".utf8) && line[7].digit != nil && line[8] == 0x20
        guard isHTTP1 else {
            if line.starts(with: "HTTP/".utf8) { throw .malformed("the answer is of another version than HTTP/1.x") }
            throw .malformed("the answer does not begin with HTTP/")
        }
        guard let hundreds = line[9].digit, let tens = line[10].digit, let ones = line[11].digit, hundreds > 0,
            line.count == 12 || line[12] == 0x20, line.dropFirst(12).allSatisfy(\.isFieldValue)
        else { throw .malformed("the status line has no three-digit status") }
        isVersion11 = line[7] != UInt8(ascii: "0")
        head = HTTPResponseHead(status: hundreds * 100 + tens * 10 + ones)
        fieldCount = 0
    }

    private mutating func readField(into isKept: Bool) throws(Problem) {
        if line[0] == 0x20 || line[0] == 0x09 { throw .malformed("a field line begins with a space (folded lines are not HTTP)") }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0, line[..<colon].allSatisfy(\.isToken) else {
            throw .malformed("a field line has no proper name")
        }
        var value = line[(colon + 1)...]
        while let first = value.first, first == 0x20 || first == 0x09 { value = value.dropFirst() }
        while let last = value.last, last == 0x20 || last == 0x09 { value = value.dropLast() }
        guard value.allSatisfy(\.isFieldValue) else { throw .malformed("a field value holds a control character") }
        fieldCount += 1
        if fieldCount > Self.maximumFields { throw .tooLarge("the answer has more than \(Self.maximumFields) fields") }
        guard isKept else { return }
        head.headers.add(String(decoding: line[..<colon].map(\.asciiLowercase), as: UTF8.self), String(decoding: value, as: UTF8.self))
    }

    /// RFC 9112 section 6.3.
    private mutating func decideFraming() throws(Problem) {
        let connection = head.headers.all("connection").flatMap { $0.split(separator: ",") }.map { $0.trimmingSpaces().lowercased() }
        isReusable = connection.contains("close") ? false : isVersion11 || connection.contains("keep-alive")
        let codings = head.headers.all("transfer-encoding")
        let lengths = try contentLength()
        if !codings.isEmpty, lengths != nil { throw .malformed("the answer has both Transfer-Encoding and Content-Length") }
        if isHead || head.status == 204 || head.status == 304 {
            state = .done
        } else if !codings.isEmpty {
            guard isVersion11, codings.count == 1, codings[0].lowercased() == "chunked" else {
                throw .malformed("the answer has a Transfer-Encoding other than chunked")
            }
            state = .chunkSize
        } else if let lengths {
            state = lengths == 0 ? .done : .length(lengths)
        } else {
            isReusable = false
            state = .untilClose
        }
    }

    private func contentLength() throws(Problem) -> Int64? {
        var length: Int64?
        for field in head.headers.all("content-length") {
            for part in field.split(separator: ",", omittingEmptySubsequences: false) {
                let text = part.trimmingSpaces()
                guard !text.isEmpty, text.utf8.allSatisfy({ $0.digit != nil }), let value = Int64(text) else {
                    throw .malformed("Content-Length is not a number")
                }
                if let length, length != value { throw .malformed("Content-Length is given with different values") }
                length = value
            }
        }
        return length
    }

    /// `1a2b;extension`: the extension is passed over.
    private mutating func readChunkSize() throws(Problem) {
        var size: Int64 = 0
        var digits = 0
        var rest = line[...]
        while let digit = rest.first?.hexDigit {
            digits += 1
            size = size << 4 | Int64(digit)
            rest = rest.dropFirst()
            if digits > 15 { throw .malformed("a chunk size has more than 15 digits") }
        }
        while let first = rest.first, first == 0x20 || first == 0x09 { rest = rest.dropFirst() }
        guard digits > 0, rest.isEmpty || rest.first == UInt8(ascii: ";"), rest.allSatisfy(\.isFieldValue) else {
            throw .malformed("a chunk size is not a hexadecimal number")
        }
        state = size == 0 ? .trailerLine : .chunk(size)
    }
}

extension UInt8 {
    fileprivate var digit: Int? { self >= 0x30 && self <= 0x39 ? Int(self) - 0x30 : nil }
    fileprivate var hexDigit: Int? {
        if let digit { return digit }
        let lower = self | 0x20
        return lower >= 0x61 && lower <= 0x66 ? Int(lower) - 0x61 + 10 : nil
    }
}
