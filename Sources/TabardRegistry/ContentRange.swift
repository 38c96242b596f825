import TabardCore
import TabardHTTP

/// What the answer to a request for the rest of a blob holds (RFC 9110, sections 14.4 and 15.3.7).
enum ContentRange {
    /// What to do with the body.
    enum Action: Equatable {
        /// It follows what is here.
        case append
        /// It is the blob from its start.
        case restart
    }

    /// Judges the head of a successful answer to a request for everything from `offset` on.
    static func accept(_ head: HTTPResponseHead, at offset: Int64, of digest: String) throws(Failure) -> Action {
        guard head.status == 206 else { return .restart }
        func refuse(_ reason: String) -> Failure {
            Failure(.badResponse, attempting: "downloading content", on: digest, reason: "the registry's partial answer \(reason)")
        }
        guard let field = head.headers.first("content-range") else { throw refuse("does not say which part it is") }
        guard field.hasPrefix("bytes ") else { throw refuse("counts in something else than bytes") }
        guard let start = Int64(field.dropFirst(6).prefix { $0 != "-" }) else { throw refuse("has no usable Content-Range") }
        if start == offset { return .append }
        if start == 0 { return .restart }
        throw refuse("starts at byte \(start) instead of \(offset)")
    }

    /// Judges the head of an answer to a request for one part of a blob of `size` bytes: it must be exactly that part, and of that blob.
    static func require(_ part: Range<Int64>, of size: Int64, in head: HTTPResponseHead, of digest: String) throws(Failure) {
        let field = head.headers.first("content-range") ?? ""
        guard head.status == 206, field == "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(size)" else {
            throw Failure(
                .badResponse, attempting: "downloading content", on: digest,
                reason: "the registry answered a request for a part with the status \(head.status) and another part")
        }
    }
}
