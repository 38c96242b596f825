import TabardCore
import TabardJSON
import TabardTestSupport
import Testing

@testable import TabardHTTP

@Suite struct ProxyRulesTests {
    @Test func `NO_PROXY means what it means to the kubelet`() throws {
        for expected in try Fixtures.json("http/no-proxy.json").elements {
            let rules = try expected.requireString("rules")
            let url = try WebURL(try expected.requireString("url"))
            let proxies = ProxyRules { ["HTTPS_PROXY": "http://p.test", "HTTP_PROXY": "http://p.test", "NO_PROXY": rules][$0] }
            #expect(try (proxies.proxy(for: url) == nil) == expected.requireBool("direct"), "\(url) under “\(rules)”")
        }
    }

    @Test func `chooses the proxy by the environment`() throws {
        for expected in try Fixtures.json("http/proxies.json").elements {
            let environment = try expected.requireObject("environment").asStringMap()
            let url = try WebURL(try expected.requireString("url"))
            let rules = ProxyRules { environment[$0] }
            if let error = try expected.optionalString("error") {
                let failure = #expect(throws: Failure.self, "\(environment)") { try rules.proxy(for: url) }
                #expect(failure?.code == .invalid)
                #expect(failure?.reason.hasPrefix(error) == true, "\(environment)")
                #expect(failure?.description.contains("cret") == false)
                continue
            }
            let proxy = try rules.proxy(for: url)
            #expect(proxy?.name == (try expected.optionalString("proxy")), "\(environment)")
            if let sent = try expected.optionalString("sent") {
                #expect(proxy?.url.hasSameBytes(as: Secret(sent)) == true, "\(environment)")
            }
        }
    }
}
