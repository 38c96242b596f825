import TabardCore
import TabardJSON
import TabardTestSupport
import Testing

@Suite struct WebURLTests {
    @Test(
        arguments: [
            ("https://example.com", "example.com", 443, "/", nil, "https://example.com/"),
            ("HTTP://Example.COM:8080/a/b?c=d#e", "example.com", 8080, "/a/b", "c=d", "http://example.com:8080/a/b?c=d"),
            ("https://h:443/x", "h", 443, "/x", nil, "https://h/x"), ("http://h:443/x", "h", 443, "/x", nil, "http://h:443/x"),
            ("https://h?q", "h", 443, "/", "q", "https://h/?q"),
            ("https://h/?", "h", 443, "/", "", "https://h/?"),
            ("https://[2001:DB8:0:0:0:0:0:1]:5000/", "2001:db8::1", 5000, "/", nil, "https://[2001:db8::1]:5000/"),
            ("http://169.254.170.2/v2?a=b?c", "169.254.170.2", 80, "/v2", "a=b?c", "http://169.254.170.2/v2?a=b?c"),
            ("https://h:/x", "h", 443, "/x", nil, "https://h/x"),
            ("http://metadata.google.internal./a", "metadata.google.internal.", 80, "/a", nil, "http://metadata.google.internal./a"),
            ("http://my_host/x%2Fy", "my_host", 80, "/x%2Fy", nil, "http://my_host/x%2Fy"),
            ("http://[::ffff:127.0.0.1]/", "::ffff:7f00:1", 80, "/", nil, "http://[::ffff:7f00:1]/"),
            ("https://h/a@b:c;d=e,f", "h", 443, "/a@b:c;d=e,f", nil, "https://h/a@b:c;d=e,f"),
        ] as [(String, String, Int, String, String?, String)])
    func `URLs are taken apart and put together`(text: String, host: String, port: Int, path: String, query: String?, full: String) throws {
        let url = try WebURL(text)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.path == path)
        #expect(url.query == query)
        #expect(url.description == full)
        #expect(url.origin + url.target == full)
        #expect(try WebURL(full).description == full)
    }

    @Test(arguments: [
        "", "example.com", "ftp://h/", "https:/h", "https//h", "https://", "https:///x", "https://:443/", "https://h:x/", "https://h:0/",
        "https://h:65536/", "https://h:99999999999999999999/",
        "https://u@h/", "https://u:p@h/", "https://@h/", "https://h\\@evil/", "https://h o/", "https://h/a b", "https://h/\r\nX: y",
        "https://h/\u{0}", "https://h/é", "https://hé/", "https://h/%4",
        "https://h/%zz", "https://h/<", "https://h/?\"", "https://h/\\", "https://[::1", "https://[::1]x/", "https://[fe80::1%25eth0]/",
        "https://[1.2.3.4]/", "https://[1:2:3:4:5:6:7]/",
        "https://[1:2:3:4:5:6:7:8:9]/", "https://[::1::]/", "https://[12345::]/", "https://[:1]/", "https://[1:]/", "https://[::1.2.3]/",
        "https://[::1.2.3.4.5]/", "https://[::256.1.1.1]/", "https://a..b/",
        "https://.a/", "https://./", "https://a../", "https://2852039166/", "https://0xa9fea9fe/", "https://127.1/", "https://0177.0.0.1/",
        "https://1.2.3.256/", "https://1.2.3.4./", "https://h.0x1/",
        "https://a%2eb/", "https://a*b/", "https://\(String(repeating: "a", count: 64)).b/",
        "https://\(String(repeating: "a.", count: 130))b/", " https://h/", "https://h/\(String(repeating: "a", count: 16384))",
    ])
    func `these are refused`(text: String) throws {
        let failure = try #require(throws: Failure.self) { try WebURL(text) }
        #expect(failure.code == .invalid)
        #expect(failure.attempting == "reading a URL")
    }

    @Test func `a refused URL keeps its secrets`() throws {
        for text in ["https://user:hunter2@h/x", "ftp://h/x?sig=hunter2", "https://h/x y?token=hunter2", "user:hunter2@h"] {
            let failure = try #require(throws: Failure.self) { try WebURL(text) }
            #expect(!failure.description.contains("hunter2"), "\(failure)")
        }
    }

    @Test(arguments: [
        ("http://127.0.0.1/", true), ("http://127.255.0.3:1/", true), ("http://[::1]:5000/", true), ("http://[0:0:0:0:0:0:0:1]/", true),
        ("http://localhost/", true), ("http://a.localhost/", true),
        ("http://localhost.example/", false), ("http://notlocalhost/", false), ("http://128.0.0.1/", false), ("http://[::2]/", false),
        ("http://127.0.0.1.nip.io/", false), ("http://LOCALHOST/", true),
    ])
    func `loopback is told from the text`(text: String, expected: Bool) throws {
        #expect(try WebURL(text).isLoopback == expected)
    }

    /// RFC 3986, sections 5.4.1 and 5.4.2, with the results of a strict resolver; other schemes and fragments aside.
    @Test(arguments: [
        ("g", "/b/c/g"), ("./g", "/b/c/g"), ("g/", "/b/c/g/"), ("/g", "/g"), ("?y", "/b/c/d;p?y"), ("g?y", "/b/c/g?y"),
        ("#s", "/b/c/d;p?q"), ("g#s", "/b/c/g"), ("g?y#s", "/b/c/g?y"), (";x", "/b/c/;x"),
        ("g;x", "/b/c/g;x"), ("g;x?y#s", "/b/c/g;x?y"), ("", "/b/c/d;p?q"), (".", "/b/c/"), ("./", "/b/c/"), ("..", "/b/"), ("../", "/b/"),
        ("../g", "/b/g"), ("../..", "/"), ("../../", "/"), ("../../g", "/g"),
        ("../../../g", "/g"), ("../../../../g", "/g"), ("/./g", "/g"), ("/../g", "/g"), ("g.", "/b/c/g."), (".g", "/b/c/.g"),
        ("g..", "/b/c/g.."), ("..g", "/b/c/..g"), ("./../g", "/b/g"), ("./g/.", "/b/c/g/"),
        ("g/./h", "/b/c/g/h"), ("g/../h", "/b/c/h"), ("g;x=1/./y", "/b/c/g;x=1/y"), ("g;x=1/../y", "/b/c/y"), ("g?y/./x", "/b/c/g?y/./x"),
        ("g?y/../x", "/b/c/g?y/../x"), ("g#s/../x", "/b/c/g"), ("?", "/b/c/d;p?"),
        ("//g", "http://g/"), ("http://o.example/x", "http://o.example/x"), ("HTTPS://o.example:8443", "https://o.example:8443/"),
        ("//o:5000/v2/?a", "http://o:5000/v2/?a"), ("1:2", "/b/c/1:2"), ("./a:b", "/b/c/a:b"),
    ])
    func `references are resolved as in RFC 3986`(reference: String, expected: String) throws {
        let base = try WebURL("http://a/b/c/d;p?q")
        let full = expected.hasPrefix("/") ? "http://a\(expected)" : expected
        #expect(try base.resolving(reference).description == full)
    }

    @Test(arguments: ["ftp://h/x", "javascript:alert(1)", "data:,x", "//u:p@h/", "/a b", "x%2", "//", "http://", "g:h", "/\r\nHost: evil"])
    func `references to elsewhere are refused`(reference: String) throws {
        let base = try WebURL("https://a/b")
        #expect(throws: Failure.self) { try base.resolving(reference) }
    }

    @Test(arguments: try Fixtures.json("core/redactions.json").elements.map(FixtureCase.init))
    func `URLs are fit for logs`(fixture: FixtureCase) throws {
        let text = try fixture.node.requireString("in")
        let expected = try fixture.node.requireString("out")
        #expect(WebURL.redacting(text) == expected)
        if let url = try? WebURL(text) { #expect(url.redacted == (url.query == nil ? url.description : expected)) }
    }

    @Test(arguments: [
        (
            "https://h/token?scope=repository:a/b:pull&service=reg&account=u",
            "https://h/token?account=u&scope=repository:a/b:pull&service=reg"
        ), ("https://h/v2/_catalog?n=50", "https://h/v2/_catalog?n=50"),
        ("https://h/b?X-Amz-Signature=s&X-Amz-Date=d", "https://h/b?X-Amz-Date=redacted&X-Amz-Signature=redacted"),
        ("https://u:p@h/x#frag", "https://redacted@h/x"), ("https://h/x?abc", "https://h/x?redacted"),
        ("https://h/x?", "https://h/x?"), ("https://h/x?a=1&a=2&&b", "https://h/x?a=redacted&a=redacted&redacted"),
        ("https://h?sig=a@b/c", "https://h?sig=redacted"), ("https://u:p@ss@h", "https://redacted@h"),
        ("/x?access_token=y", "/x?access_token=redacted"), ("https://h/x?Scope=1", "https://h/x?Scope=redacted"), ("a@b", "a@b"),
    ])
    func `only harmless values survive in logs`(text: String, expected: String) {
        #expect(WebURL.redacting(text) == expected)
    }

    @Test func `origins compare scheme, host and port`() throws {
        #expect(try WebURL("https://H:443/a").origin == WebURL("https://h/b?c").origin)
        #expect(try WebURL("https://h/").origin != WebURL("http://h/").origin)
        #expect(try WebURL("https://h:444/").origin != WebURL("https://h/").origin)
        #expect(try WebURL("https://[::1]/").authority == "[::1]")
    }

    @Test(arguments: [
        ("0:0:0:0:0:0:0:0", "::"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0"),
        ("0:0:1:1:1:1:0:0", "::1:1:1:1:0:0"), ("fe80::", "fe80::"), ("::A.1", ""), ("1::2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("1:2:3:4:5:6:7:8::", ""),
    ])
    func `IPv6 addresses have one spelling`(text: String, canonical: String) {
        #expect((try? WebURL("http://[\(text)]/"))?.host ?? "" == canonical)
    }
}
