import CTabard
import Synchronization
import TabardCore
import TabardPluginKit
import Testing

/// What a host of another version, or a broken one, may pass.
@Suite struct BoundaryTests {
    static let badTexts: [[UInt8]] = [[0xFF], [0x61, 0], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0xAF], [0xF4, 0x90, 0x80, 0x80]]

    @Test(arguments: badTexts)
    func `a string that is not UTF-8 or has a NUL is refused`(bytes: [UInt8]) throws {
        let puppet = try Puppet()
        let bad = puppet.host.string(bytes)
        for damage: (inout tabard_request_v1) -> Void in [
            { $0.image = bad }, { $0.registry = bad }, { $0.repository = bad }, { $0.service_account_token = bad },
            { $0.service_account_annotations = puppet.host.pairs([(bytes, [])]) },
            { $0.service_account_annotations = puppet.host.pairs([([0x61], bytes)]) },
        ] {
            var request = puppet.host.request()
            damage(&request)
            #expect(try puppet.provide(request) == TABARD_E_INVALID)
            #expect(try puppet.matches(request) == TABARD_MATCH_NO)
            #expect(puppet.host.error?.message.isEmpty == false)
        }
        #expect(puppet.host.emitted.isEmpty)
        #expect(try Puppet(CHost(), settings: [(bytes, [])]).created == TABARD_E_INVALID)
        #expect(try Puppet(CHost(), settings: [(Array("act".utf8), bytes)]).created == TABARD_E_INVALID)
        #expect(try Puppet(CHost(), settings: [(Array("password".utf8), bytes)]).created == TABARD_E_INVALID)
    }

    @Test func `NULL with a length and absurd lengths are refused`() throws {
        let puppet = try Puppet()
        for damage: (inout tabard_request_v1) -> Void in [
            { $0.image = tabard_str(ptr: nil, len: 3) }, { $0.image.len = 2 << 20 }, { $0.image = tabard_str() },
            { $0.registry = tabard_str() },
            { $0.service_account_annotations = tabard_kv_list(items: nil, count: 1) },
            { $0.service_account_annotations.count = 1 << 40 },
        ] {
            var request = puppet.host.request()
            damage(&request)
            #expect(try puppet.provide(request) == TABARD_E_INVALID)
        }
    }

    @Test func `an older host's request ends before the fields it did not know`() throws {
        let puppet = try Puppet(CHost(), ["act": "report"])
        var request = puppet.host.request(repository: "older-host")
        request.service_account_token = tabard_str(ptr: UnsafePointer(bitPattern: 1), len: 9)
        request.struct_size = UInt32(MemoryLayout<tabard_request_v1>.offset(of: \.service_account_token) ?? 0)
        #expect(try puppet.provide(request) == TABARD_OK)
        #expect(PuppetProvider.seen.withLock { $0["older-host"] }?.serviceAccountToken == nil)
    }

    @Test func `a newer host's request is longer than we know`() throws {
        let puppet = try Puppet(CHost(), ["act": "report"])
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 8)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0xAA, count: 256)
        var request = puppet.host.request(repository: "newer-host")
        request.struct_size = 256
        memory.storeBytes(of: request, as: tabard_request_v1.self)
        #expect(try puppet.provide(memory.load(as: tabard_request_v1.self)) == TABARD_OK)
        #expect(PuppetProvider.seen.withLock { $0["newer-host"] } != nil)
    }

    @Test(arguments: [0, 3, 4, 8])
    func `a request without room for an image is refused`(size: UInt32) throws {
        let puppet = try Puppet()
        var request = puppet.host.request()
        request.struct_size = size
        #expect(try puppet.provide(request) == TABARD_E_INVALID)
        #expect(try puppet.matches(request) == TABARD_MATCH_NO)
    }

    @Test func `a call too short for results is refused, with its reason where there is room for one`() throws {
        let host = CHost()
        let puppet = try Puppet(host)
        host.call.pointee.add_auth = nil
        #expect(try puppet.provide() == TABARD_E_UNSUPPORTED)
        #expect(host.error?.message.contains("takes none") == true)
        host.error = nil
        host.call.pointee.struct_size = UInt32(MemoryLayout<tabard_call_v1>.offset(of: \.add_auth) ?? 0)
        #expect(try puppet.provide() == TABARD_E_UNSUPPORTED)
        #expect(host.error == nil)
        host.call.pointee.struct_size = 2
        #expect(try puppet.provide() == TABARD_E_INVALID)
    }

    @Test func `a call without a lifetime function still takes entries`() throws {
        let puppet = try Puppet()
        puppet.host.call.pointee.struct_size = UInt32(MemoryLayout<tabard_call_v1>.offset(of: \.set_cache) ?? 0)
        #expect(try puppet.provide() == TABARD_OK)
        #expect(puppet.host.emitted.count == 1)
        #expect(puppet.host.cache == nil)
    }

    @Test func `a host without clocks and log is survived`() throws {
        let puppet = try Puppet(CHost(), ["act": "log"])
        puppet.host.host.pointee.struct_size = UInt32(MemoryLayout<tabard_host_v1>.offset(of: \.log) ?? 0)
        #expect(try puppet.provide() == TABARD_OK)
        #expect(puppet.host.lines.isEmpty)
    }

    @Test func `NULL everywhere is refused`() throws {
        let host = CHost()
        let table = try Puppet.table(host)
        var instance: UnsafeMutableRawPointer?
        var config = tabard_config_v1()
        config.struct_size = UInt32(MemoryLayout<tabard_config_v1>.size)
        var request = host.request()
        #expect(table.pointee.create(nil, host.call, &config, &instance) == TABARD_E_INVALID)
        #expect(table.pointee.create(table, nil, &config, &instance) == TABARD_E_INVALID)
        #expect(table.pointee.create(table, host.call, nil, &instance) == TABARD_E_INVALID)
        #expect(table.pointee.create(table, host.call, &config, nil) == TABARD_E_INVALID)
        #expect(table.pointee.provide(nil, &request, host.call) == TABARD_E_INVALID)
        #expect(table.pointee.matches(nil, &request) == TABARD_MATCH_NO)
        // A table that this plugin did not make.
        var foreign = table.pointee
        #expect(table.pointee.create(&foreign, host.call, &config, &instance) == TABARD_E_INVALID)
        #expect(instance == nil)
    }
}
