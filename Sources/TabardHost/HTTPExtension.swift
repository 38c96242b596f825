import CTabard
import TabardCore
import TabardHTTP
import TabardSystem

/// The host extension `tabard.http/1`: one exchange for a plugin, through whatever transport the host was given.
enum HTTPExtension {
    /// The one table, for all plugins.
    static let table: ImmortalPointer<tabard_http_v1> = {
        var table = tabard_http_v1()
        table.struct_size = UInt32(MemoryLayout<tabard_http_v1>.size)
        table.perform = { call, request, response in
            guard let state = CallDesk.call(call) else { return TABARD_E_INVALID }
            return perform(state, request, response)
        }
        return ImmortalPointer(table)
    }()

    private static let longestURL = 16_384
    private static let longestHeader = 131_072
    private static let mostHeaders = 100
    /// Of requests and of answers, in bytes.
    private static let largestBody = 4 << 20

    private static func perform(
        _ call: CallState, _ request: UnsafePointer<tabard_http_request_v1>?, _ response: UnsafeMutablePointer<tabard_http_response_v1>?
    ) -> tabard_status {
        do throws(Failure) {
            guard let request, let response else { throw misuse("perform got NULL") }
            let size = UnsafeRawPointer(request).load(as: UInt32.self)
            guard size >= MemoryLayout<tabard_http_request_v1>.size else { throw misuse("a tabard_http_request_v1 of \(size) bytes") }
            let room = UnsafeRawPointer(response).load(as: UInt32.self)
            guard room >= MemoryLayout<tabard_http_response_v1>.size else { throw misuse("a tabard_http_response_v1 of \(room) bytes") }
            let answer = try call.context.services.http.perform(
                self.request(request.pointee), until: call.deadline, cancellation: call.cancellation)
            lend(answer, to: response, of: call)
            return TABARD_OK
        } catch {
            call.context.log(error.code == .invalid ? .error : .info(4), "\(call.provider): \(error)")
            let memory = CallMemory()
            if let response, UnsafeRawPointer(response).load(as: UInt32.self) >= MemoryLayout<tabard_http_response_v1>.size {
                response.pointee.failure = memory.copy(error.reason.escapingControlCharacters())
            }
            call.emitted.withLock {
                $0.exchange = error
                $0.lent.append(memory)
            }
            return tabard_status(error.code)
        }
    }

    /// Reads what a plugin asked for; nothing is sent.
    static func request(_ raw: tabard_http_request_v1) throws(Failure) -> HTTPRequest {
        var field = "url"
        do throws(CText.Fault) {
            let text = try CText.required(raw.url, limit: longestURL)
            let url: WebURL
            do throws(Failure) { url = try WebURL(text) } catch { throw CText.Fault(error.reason) }
            field = "method"
            let method = try CText.required(raw.method, limit: 32)
            field = "list of headers"
            let headers = try self.headers(raw.headers)
            field = "body"
            let body = try CText.bytes(raw.body, limit: largestBody).map { Secret(copying: $0) }
            return HTTPRequest(
                method: method, url: url, headers: headers, body: body,
                timeout: raw.timeout_ns > 0 ? .nanoseconds(raw.timeout_ns) : nil,
                maximumBody: raw.max_body > 0 ? Int(min(raw.max_body, UInt64(largestBody))) : largestBody,
                isMetadata: raw.flags & UInt32(TABARD_HTTP_METADATA) != 0)
        } catch {
            throw misuse("its \(field) \(error.reason)")
        }
    }

    /// Every value is kept as a secret: the boundary does not say which ones are.
    private static func headers(_ list: tabard_kv_list) throws(CText.Fault) -> HTTPHeaders {
        var headers = HTTPHeaders()
        for pair in try CText.elements(list.items, list.count, most: mostHeaders) {
            let name = try CText.required(pair.key, limit: 256)
            guard let value = try CText.bytes(pair.value, limit: longestHeader) else { throw CText.Fault("has no value for \(name)") }
            headers.add(name, secret: Secret(copying: value))
        }
        return headers
    }

    /// Copies the answer into memory that lives as long as the call.
    private static func lend(_ answer: HTTPResponse, to response: UnsafeMutablePointer<tabard_http_response_v1>, of call: CallState) {
        let memory = CallMemory()
        let pairs = answer.headers.entries.map { entry in
            let value =
                switch entry.value {
                case .text(let text): memory.copy(text)
                case .secret(let secret): memory.copy(secret)
                }
            return tabard_kv(key: memory.copy(entry.name), value: value)
        }
        response.pointee.status = Int32(clamping: answer.status)
        response.pointee.headers = memory.list(pairs)
        response.pointee.body = memory.copy(answer.body)
        call.emitted.withLock { $0.lent.append(memory) }
    }

    private static func misuse(_ reason: String) -> Failure {
        Failure(.invalid, attempting: "performing an HTTP exchange for a plugin", reason: reason)
    }
}
