import CTabardCurl
import Glibc
import TabardCore
import TabardSystem

/// HTTP/1.1 through libcurl: for proxies of the kinds https and socks5, and for TLS where there is no libssl.
///
/// libcurl is moved step by step on the calling thread, so that deadline, stall and cancellation end an exchange wherever it stands. Names
/// are resolved before it gets them. A worker keeps its connections for the next exchange; TLS sessions are shared by all.
final class CurlTransport: HTTPTransport {
    private static let maximumIdle = 16
    private static let streamBuffer = 512 << 10
    private static let smallBuffer = 32 << 10

    private let configuration: HTTPConfiguration
    private let idle = Monitor<[CurlWorker]>([])
    private let found = Monitor<CertificateAuthorities?>(nil)

    init(_ configuration: HTTPConfiguration) { self.configuration = configuration }

    func run(
        _ exchange: HTTPExchange, onHead: (HTTPResponseHead) throws(Failure) -> Void,
        onBytes: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        var reason = [CChar](repeating: 0, count: 256)
        guard tabard_curl_load(&reason, reason.count) == 0 else {
            let text = String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw exchange.failure(
                .unsupported, needs(exchange) + text,
                advice: "install libcurl.so.4 (Debian: libcurl4, Red Hat and Amazon: libcurl-minimal or libcurl)")
        }
        let usesTLS = exchange.request.url.scheme == .https || exchange.proxy?.kind == .https
        let authorities = usesTLS ? try self.authorities() : CertificateAuthorities()
        if usesTLS, let own = try ServerCertificates.find(for: exchange.request.url, in: configuration.serverCertificates) {
            throw exchange.failure(
                .unsupported,
                "the certificates in \(own.folder) cannot be used here: they need libssl.so.3 and a proxy of the kind http, or none")
        }
        let origin = exchange.request.url.origin
        guard let worker = takeIdle(origin) ?? CurlWorker() else { throw exchange.failure(.local, "libcurl has no memory") }
        worker.origin = origin
        defer { giveBack(worker) }
        try withoutActuallyEscaping(onHead) { onHead throws(Failure) in
            try withoutActuallyEscaping(onBytes) { onBytes throws(Failure) in
                let transfer = CurlTransfer(exchange, onHead: onHead, onBytes: onBytes)
                let body = exchange.request.body ?? Secret("")
                try body.withBytes { body throws(Failure) in
                    defer { tabard_curl_end(worker.pointer) }
                    try run(exchange, transfer, worker, authorities, body)
                }
            }
        }
    }

    private func needs(_ exchange: HTTPExchange) -> String {
        if let kind = exchange.proxy?.kind, kind != .http { return "a proxy of the kind \(kind.rawValue) needs libcurl: " }
        return "TLS needs libssl.so.3 (\(TLSContext.loadProblem() ?? "there is one")) or libcurl.so.4: "
    }

    private func run(
        _ exchange: HTTPExchange, _ transfer: CurlTransfer, _ worker: CurlWorker, _ authorities: CertificateAuthorities,
        _ body: UnsafeRawBufferPointer
    ) throws(Failure) {
        try addHeaders(exchange, worker)
        begin(exchange, transfer, worker, authorities, body)
        var report = tabard_curl_report()
        tabard_curl_get_report(worker.pointer, &report)
        var isRunning = report.outcome == TABARD_CURL_COMPLETE.rawValue
        while isRunning {
            var limit = exchange.connectLimit
            var phase = tabard_curl_has_tcp(worker.pointer) != 0 ? HTTPPhase.handshaking : .connecting
            if tabard_curl_is_connected(worker.pointer) != 0 {
                limit = exchange.limit(forByteAfter: transfer.lastByte)
                phase = transfer.phaseOnceConnected
            }
            do { try limit.check() } catch { throw exchange.failure(error, phase, bytes: transfer.bodyBytes) }
            let milliseconds = Int32(clamping: min(limit.remaining / 1_000_000, 60_000) + 1)
            isRunning = tabard_curl_step(worker.pointer, exchange.limit.cancellation?.descriptor ?? -1, milliseconds) != 0
            if let failure = transfer.failure { throw failure }
        }
        tabard_curl_get_report(worker.pointer, &report)
        if report.outcome != TABARD_CURL_COMPLETE.rawValue {
            let phase = tabard_curl_has_tcp(worker.pointer) != 0 ? HTTPPhase.handshaking : .connecting
            let reached = tabard_curl_is_connected(worker.pointer) != 0 ? transfer.phaseOnceConnected : phase
            throw exchange.failure(report, reached, bytes: transfer.bodyBytes, trusting: authorities.description)
        }
    }

    private func addHeaders(_ exchange: HTTPExchange, _ worker: CurlWorker) throws(Failure) {
        func add(_ line: borrowing SecretBuffer) throws(Failure) {
            let isAdded = line.withBytes { tabard_curl_add_header(worker.pointer, $0.baseAddress, $0.count) == 0 }
            if !isAdded { throw exchange.failure(.local, "libcurl has no memory") }
        }
        for (name, value) in exchange.headers {
            var line = SecretBuffer(capacity: 256)
            line.append(name)
            switch value {
            // libcurl's spelling of a field without a value.
            case _ where value.isEmpty: line.append(";")
            case .text(let text): line.append(": \(text)")
            case .secret(let secret):
                line.append(": ")
                line.append(secret)
            }
            try add(line)
        }
        // Fields that libcurl would add by itself.
        for name in ["Accept", "Content-Type", "Expect"] where !exchange.request.headers.contains(name) {
            var line = SecretBuffer()
            line.append("\(name):")
            try add(line)
        }
    }

    private func begin(
        _ exchange: HTTPExchange, _ transfer: CurlTransfer, _ worker: CurlWorker, _ authorities: CertificateAuthorities,
        _ body: UnsafeRawBufferPointer
    ) {
        let request = exchange.request
        let proxyURL = exchange.proxy.map { $0.url.withBytes { String(decoding: $0, as: UTF8.self) } }
        // libcurl copies these while it begins.
        let texts = [request.method, request.url.description, exchange.resolveEntry, proxyURL, authorities.file, authorities.folders]
            .map { $0.flatMap { strdup($0) } }
        defer {
            for text in texts {
                if let text { explicit_bzero(text, strlen(text)) }
                free(text)
            }
        }
        var description = tabard_curl_request()
        description.method = UnsafePointer(texts[0])
        description.url = UnsafePointer(texts[1])
        description.resolve = UnsafePointer(texts[2])
        description.proxy = UnsafePointer(texts[3])
        description.ca_file = UnsafePointer(texts[4])
        description.ca_folders = UnsafePointer(texts[5])
        description.has_body = RequestEncoding.saysLength(request) ? 1 : 0
        description.body = body.baseAddress
        description.body_size = body.count
        description.connect_timeout_ms = Int(clamping: max(1, min(exchange.connectLimit.remaining / 1_000_000, 86_400_000)))
        description.buffer_size = exchange.isStream ? Self.streamBuffer : Self.smallBuffer
        description.on_header = CurlTransfer.headerReceiver
        description.on_body = CurlTransfer.bodyReceiver
        description.context = Unmanaged.passUnretained(transfer).toOpaque()
        let pem = authorities.bytes ?? []
        pem.withUnsafeBytes { pem in
            if !pem.isEmpty {
                description.ca_bytes = pem.baseAddress
                description.ca_size = pem.count
            }
            _ = tabard_curl_begin(worker.pointer, &description)
        }
    }

    private func authorities() throws(Failure) -> CertificateAuthorities {
        if let known = found.withLock({ $0 }) { return known }
        let authorities = try CertificateAuthorities.find(configuration)
        found.withLock { $0 = authorities }
        return authorities
    }

    private func takeIdle(_ origin: String) -> CurlWorker? {
        idle.withLock { idle in
            guard let index = idle.lastIndex(where: { $0.origin == origin }) ?? idle.indices.last else { return nil }
            return idle.remove(at: index)
        }
    }

    private func giveBack(_ worker: CurlWorker) {
        idle.withLock { if $0.count < Self.maximumIdle { $0.append(worker) } }
    }
}
