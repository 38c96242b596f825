import CTabardCurl
import TabardCore
import TabardSystem

/// What libcurl's callbacks write into while one exchange runs. All of them come on the thread of that exchange.
final class CurlTransfer {
    private let exchange: HTTPExchange
    private let onHead: (HTTPResponseHead) throws(Failure) -> Void
    private let onBytes: (UnsafeRawBufferPointer) throws(Failure) -> Void
    /// Holds libcurl's header lines to the same rules as the plain transport's.
    private var parser: ResponseParser
    private var isHeadComplete = false

    /// What a closure threw, or why a header line is wrong: ends the exchange.
    private(set) var failure: Failure?
    private(set) var bodyBytes: Int64 = 0
    /// When something last came, for the stall limit.
    private(set) var lastByte: Int64

    init(
        _ exchange: HTTPExchange, onHead: @escaping (HTTPResponseHead) throws(Failure) -> Void,
        onBytes: @escaping (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) {
        self.exchange = exchange
        self.onHead = onHead
        self.onBytes = onBytes
        parser = ResponseParser(method: exchange.request.method)
        lastByte = exchange.limit.clocks.monotonicNanoseconds
    }

    /// The callbacks for libcurl; `context` is an unretained CurlTransfer that outlives the exchange.
    static let headerReceiver: tabard_curl_receiver = { bytes, _, size, context in
        transfer(context)?.receive(header: UnsafeRawBufferPointer(start: bytes, count: size)) == true ? size : 0
    }
    static let bodyReceiver: tabard_curl_receiver = { bytes, _, size, context in
        transfer(context)?.receive(body: UnsafeRawBufferPointer(start: bytes, count: size)) == true ? size : 0
    }
    private static func transfer(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
        context.map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    var phaseOnceConnected: HTTPPhase { isHeadComplete ? .receiving : .waiting }

    func progress() { lastByte = exchange.limit.clocks.monotonicNanoseconds }

    private func receive(header line: UnsafeRawBufferPointer) -> Bool {
        progress()
        // Behind the body come trailers, which nobody asked for.
        if isHeadComplete { return true }
        do {
            if case .head(let head) = try parser.parse(line).event {
                isHeadComplete = true
                return attempt { () throws(Failure) in try onHead(head) }
            }
            return true
        } catch {
            failure = exchange.failure(error)
            return false
        }
    }

    private func receive(body bytes: UnsafeRawBufferPointer) -> Bool {
        progress()
        bodyBytes += Int64(bytes.count)
        return attempt { () throws(Failure) in
            // While the server is fast, libcurl hands on many pieces before it returns.
            do throws(WaitError) { try exchange.limit.check() } catch { throw exchange.failure(error, .receiving, bytes: bodyBytes) }
            try onBytes(bytes)
        }
    }

    private func attempt(_ work: () throws(Failure) -> Void) -> Bool {
        do {
            try work()
            // The closure may have taken its time: that is no stall of the server's.
            progress()
            return true
        } catch {
            failure = error
            return false
        }
    }
}
