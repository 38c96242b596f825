import CTabard
import Synchronization
import TabardCore
import TabardPluginKit
import Testing

@Suite struct CallTests {
    @Test func `a reply is emitted with its lifetime`() throws {
        let puppet = try Puppet()
        #expect(puppet.created == TABARD_OK)
        #expect(try puppet.provide() == TABARD_OK)
        #expect(puppet.host.emitted == [.init(registry: "registry.example", username: "user", password: "pass")])
        let cache = try #require(puppet.host.cache)
        #expect(cache.key == TABARD_CACHE_KEY_REGISTRY)
        #expect(cache.duration_ns == 90_000_000_000)
        #expect(cache.expires_at_unix_ns == 1_800_000_100_000_000_000)
        #expect(puppet.host.error == nil)
    }

    @Test func `no entry is an answer and says nothing of lifetime`() throws {
        let puppet = try Puppet(CHost(), ["act": "nothing"])
        #expect(try puppet.provide() == TABARD_OK)
        #expect(puppet.host.emitted.isEmpty)
        #expect(puppet.host.cache == nil)
    }

    @Test func `the earliest expiry of the entries counts`() throws {
        let puppet = try Puppet(CHost(), ["act": "give-two"])
        #expect(try puppet.provide() == TABARD_OK)
        #expect(puppet.host.emitted.map(\.registry) == ["30.registry.example", "20.registry.example"])
        #expect(puppet.host.cache?.expires_at_unix_ns == 1_800_000_020_000_000_000)
        #expect(puppet.host.cache?.duration_ns == -1)
        #expect(puppet.host.cache?.key == TABARD_CACHE_KEY_UNSET)
    }

    @Test func `the provider narrows what the patterns match`() throws {
        let puppet = try Puppet()
        #expect(try puppet.matches(puppet.host.request(repository: "app")) == TABARD_MATCH_YES)
        #expect(try puppet.matches(puppet.host.request(repository: "not-mine")) == TABARD_MATCH_NO)
    }

    @Test func `every part of a request arrives`() throws {
        let puppet = try Puppet(CHost(), ["act": "report"])
        var request = puppet.host.request(repository: "every-part")
        request.flags = UInt32(TABARD_REQUEST_FRESH)
        request.service_account_token = puppet.host.string("token")
        request.service_account_annotations = puppet.host.pairs(["a": "1", "b": ""])
        #expect(try puppet.provide(request) == TABARD_OK)
        let seen = try #require(PuppetProvider.seen.withLock { $0["every-part"] })
        #expect(seen.image == "registry.example/every-part")
        #expect(seen.registry == "registry.example")
        #expect(seen.isFresh)
        #expect(seen.serviceAccountToken?.hasSameBytes(as: Secret("token")) == true)
        #expect(seen.serviceAccountAnnotations == ["a": "1", "b": ""])
    }

    @Test func `a call that ended gives failures, not freed memory`() throws {
        do {
            let puppet = try Puppet(CHost(), ["act": "keep"])
            #expect(try puppet.provide() == TABARD_OK)
        }
        let call = try #require(PuppetProvider.kept.withLock { $0 })
        #expect(call.isCancelled)
        #expect(throws: Failure.self) { try call.sleep(until: 1) }
        #expect(throws: Failure.self) { try call.http(PluginHTTPRequest("GET", "http://127.0.0.1:1/")) }
    }

    @Test func `lines are one line each, at the boundary's level`() throws {
        let puppet = try Puppet(CHost(), ["act": "log"])
        #expect(try puppet.provide() == TABARD_OK)
        #expect(puppet.host.lines == ["2 two\\u{a}lines", "4 loud"])
    }

    @Test(arguments: [(TABARD_OK, TABARD_OK), (TABARD_E_CANCELLED, TABARD_E_CANCELLED), (TABARD_E_DEADLINE, TABARD_E_DEADLINE)])
    func `waiting ends as the host says`(host: tabard_status, expected: tabard_status) throws {
        let puppet = try Puppet(CHost(), ["act": "sleep"])
        puppet.host.sleepStatus = host
        #expect(try puppet.provide() == expected)
        #expect(puppet.host.sleeps == [1_000_000_005])
    }

    @Test(arguments: [
        ("invalid", TABARD_E_INVALID), ("denied", TABARD_E_DENIED), ("unavailable", TABARD_E_UNAVAILABLE), ("timed-out", TABARD_E_DEADLINE),
        ("cancelled", TABARD_E_CANCELLED), ("bad-response", TABARD_E_BAD_RESPONSE), ("not-mine", TABARD_E_NOT_MINE),
        ("not-found", TABARD_E_NOT_FOUND), ("corrupted", TABARD_E_BAD_RESPONSE), ("unsupported", TABARD_E_UNSUPPORTED),
        ("too-large", TABARD_E_TOO_LARGE), ("local", TABARD_E_LOCAL), ("internal", TABARD_E_INTERNAL), ("of-tomorrow", TABARD_E_INTERNAL),
    ])
    func `a failure keeps its kind and its words`(code: String, status: tabard_status) throws {
        let puppet = try Puppet(CHost(), ["act": code])
        #expect(try puppet.provide() == status)
        #expect(
            puppet.host.error
                == .init(
                    status: status, httpStatus: 418, retryAfter: 3_000_000_000, message: "doing it (this): cannot",
                    advice: "try\\u{1b}[31m that"))
        #expect(puppet.host.emitted.isEmpty)
    }

    @Test func `a failing init is explained and leaves no instance`() throws {
        let puppet = try Puppet(CHost(), ["act": "refuse-to-exist"])
        #expect(puppet.created == TABARD_E_INVALID)
        #expect(puppet.host.error?.message == "making a puppet (act): it does not want to")
        #expect(puppet.host.error?.advice == "ask kindly")
        #expect(try puppet.provide() == TABARD_E_INVALID)
    }

    @Test(arguments: [
        (TABARD_E_INVALID, TABARD_E_INTERNAL, "malformed or doubled"), (TABARD_E_TOO_LARGE, TABARD_E_TOO_LARGE, "limit"),
        (tabard_status(rawValue: -99), TABARD_E_INTERNAL, "-99"), (tabard_status(rawValue: 5), TABARD_OK, ""),
    ])
    func `an entry that the host refuses fails the call`(host: tabard_status, expected: tabard_status, says: String) throws {
        let puppet = try Puppet()
        puppet.host.addStatus = host
        #expect(try puppet.provide() == expected)
        if !says.isEmpty { #expect(puppet.host.error?.message.contains(says) == true) }
    }

    @Test func `a lifetime that the host refuses fails the call`() throws {
        let puppet = try Puppet()
        puppet.host.cacheStatus = TABARD_E_INVALID
        #expect(try puppet.provide() == TABARD_E_INTERNAL)
    }

    @Test(arguments: [("give-nul", TABARD_E_BAD_RESPONSE), ("give-bearer", TABARD_E_UNSUPPORTED)])
    func `what cannot pass the boundary is not emitted`(act: String, status: tabard_status) throws {
        let puppet = try Puppet(CHost(), ["act": act])
        #expect(try puppet.provide() == status)
        #expect(puppet.host.emitted.isEmpty)
    }
}

/// Alone, because it counts instances.
@Suite(.serialized) struct InstanceTests {
    @Test func `destroy frees the instance`() throws {
        final class Marker: Sendable {}
        weak var marker: Marker?
        do {
            let held = Marker()
            marker = held
            MarkedProvider.next.withLock { $0 = held }
            let host = CHost()
            var plugin: UnsafePointer<tabard_plugin_v1>?
            try #require(PluginExport.entry(host.host, &plugin, version: "1", vendor: "", providers: [MarkedProvider.self]) == TABARD_OK)
            let table = try #require(plugin?.pointee.providers[0])
            var config = tabard_config_v1()
            config.struct_size = UInt32(MemoryLayout<tabard_config_v1>.size)
            var instance: UnsafeMutableRawPointer?
            #expect(table.pointee.create(table, host.call, &config, &instance) == TABARD_OK)
            MarkedProvider.next.withLock { $0 = nil }
            #expect(instance != nil)
            table.pointee.destroy(instance)
            table.pointee.destroy(nil)
        }
        #expect(marker == nil)
    }

    private struct MarkedProvider: CredentialProvider {
        static let next = Mutex<(any AnyObject & Sendable)?>(nil)
        static let descriptor = ProviderDescriptor(id: "marked", title: "", patterns: ["a.example"])
        let marker: (any AnyObject & Sendable)?
        init(settings: ProviderSettings, call: PluginCall) { marker = Self.next.withLock { $0 } }
        func provide(_ request: PluginRequest, call: PluginCall) -> ProviderReply { ProviderReply() }
    }
}
