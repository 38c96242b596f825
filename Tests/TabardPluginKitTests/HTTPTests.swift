import CTabard
import TabardCore
import TabardPluginKit
import Testing

@Suite struct HTTPTests {
    @Test func `an exchange crosses the boundary whole`() throws {
        let puppet = try Puppet(CHost(), ["act": "http"])
        puppet.host.answerCode = 201
        puppet.host.answerHeaders = [(Array("x-a".utf8), Array("1".utf8)), (Array("x-bad".utf8), [0xFF]), (Array("x-b".utf8), [])]
        puppet.host.answerBody = Array("answer".utf8)
        #expect(try puppet.provide() == TABARD_OK)
        let exchange = try #require(puppet.host.exchanges.first)
        #expect(exchange.method == "POST")
        #expect(exchange.url == "http://127.0.0.1:1/token?code=canary")
        #expect(exchange.headers == ["X-One: 1", "Authorization: Bearer x"])
        #expect(exchange.body == "body")
        #expect(exchange.flags == UInt32(TABARD_HTTP_METADATA))
        #expect(exchange.timeout == 1_500_000_000)
        #expect(exchange.maximumBody == 4096)
        #expect(puppet.host.emitted == [.init(registry: "201.registry.example", username: "x-a=1,x-b=", password: "answer")])
        #expect(puppet.host.cache?.key == TABARD_CACHE_KEY_GLOBAL)
    }

    @Test func `a host without HTTP is named as the reason`() throws {
        let puppet = try Puppet(CHost(), ["act": "http"])
        puppet.host.offersHTTP = false
        #expect(try puppet.provide() == TABARD_E_UNSUPPORTED)
        let error = try #require(puppet.host.error)
        #expect(error.message.contains("tabard.http/1"))
        #expect(!error.message.contains("canary"), "a query in an error: \(error.message)")
        #expect(!error.advice.isEmpty)
    }

    @Test func `a host without extensions is a host without HTTP`() throws {
        let puppet = try Puppet(CHost(), ["act": "http"])
        puppet.host.host.pointee.get_extension = nil
        #expect(try puppet.provide() == TABARD_E_UNSUPPORTED)
    }

    @Test(arguments: [
        TABARD_E_UNAVAILABLE, TABARD_E_DEADLINE, TABARD_E_CANCELLED, TABARD_E_BAD_RESPONSE, TABARD_E_TOO_LARGE, TABARD_E_INVALID,
        TABARD_E_UNSUPPORTED, TABARD_E_INTERNAL,
    ])
    func `a failed exchange keeps its kind and the host's words`(status: tabard_status) throws {
        for words in ["Connection refused", nil] {
            let puppet = try Puppet(CHost(), ["act": "http"])
            puppet.host.answerStatus = status
            puppet.host.answerFailure = words
            #expect(try puppet.provide() == status)
            let message = puppet.host.error?.message ?? ""
            #expect(words.map { message.contains($0) } ?? !message.hasSuffix(": "), "\(message)")
        }
    }

    @Test func `an answer without a status is the host's fault`() throws {
        let puppet = try Puppet(CHost(), ["act": "http"])
        puppet.host.answerCode = 0
        #expect(try puppet.provide() == TABARD_E_INTERNAL)
    }

    @Test func `bodies may hold any bytes`() throws {
        let puppet = try Puppet(CHost(), ["act": "http"])
        puppet.host.answerBody = [0xFF, 0]
        // The puppet hands it on as a password, where it may not.
        #expect(try puppet.provide() == TABARD_E_BAD_RESPONSE)
        #expect(puppet.host.error?.message.contains("UTF-8") == true)
    }
}
