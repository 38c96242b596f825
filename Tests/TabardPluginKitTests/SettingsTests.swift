import CTabard
import TabardCore
import TabardPluginKit
import Testing

@Suite struct SettingsTests {
    @Test(arguments: [
        ("acts", "x", "did you mean act?"), ("colour", "x", "use one of"), ("act.0", "x", "no such setting"),
        ("0.act", "x", "no such setting"),
        ("patient", "yes", "true or false"), ("attempts", "3.5", "a whole number"), ("wait", "soon", "a duration"),
        ("endpoint", "ftp://x", "an http or https URL"), ("file", "relative", "an absolute path"),
        ("rules.0.match", "a b/%zz", "a match pattern"),
        ("rules.0.mtch", "x", "did you mean rules.match?"),
    ])
    func `a setting that is wrong is named, with what would be right`(key: String, value: String, says: String) throws {
        let puppet = try Puppet(CHost(), settings: [(Array(key.utf8), Array(value.utf8))])
        #expect(puppet.created == TABARD_E_INVALID)
        let error = try #require(puppet.host.error)
        #expect(error.message.contains(key))
        #expect("\(error.message); \(error.advice)".contains(says), "\(error)")
    }

    @Test(arguments: [
        ["patient": "true"], ["attempts": "-3"], ["wait": "1h30m"], ["endpoint": "http://127.0.0.1:8080/x"], ["file": "/etc/x"],
        ["names": "one"], ["names.0": "one", "names.1": "two"],
        ["rules.0.match": "*.example", "rules.1.match": "b.example", "rules.1.token": "t"],
        ["matchImages.0": "registry.example.com"], ["password": ""],
    ])
    func `a setting that is right is taken`(settings: [String: String]) throws {
        let puppet = try Puppet(CHost(), settings: settings.map { (Array($0.key.utf8), Array($0.value.utf8)) })
        #expect(puppet.created == TABARD_OK, "\(String(describing: puppet.host.error))")
    }

    @Test func `a setting given twice is refused`() throws {
        let puppet = try Puppet(CHost(), ["act": "give", "act": "nothing"])
        #expect(puppet.created == TABARD_E_INVALID)
        #expect(puppet.host.error?.message.contains("twice") == true)
    }

    @Test func `the value of a secret setting is in no message and reaches the provider`() throws {
        let puppet = try Puppet(CHost(), ["password": "canary"])
        #expect(try puppet.provide() == TABARD_OK)
        #expect(puppet.host.emitted.map(\.password) == ["canary"])
        let twice = try Puppet(CHost(), ["password": "canary", "password": "canary"])
        #expect(twice.host.error?.message.contains("canary") == false)
    }

    @Test func `lists and lists of objects read in order`() throws {
        let settings = ProviderSettings(
            ["names.0": "a", "names.1": "b", "names.3": "never", "single": "c", "rules.0.match": "x", "rules.1.match": "y", "on": "true"],
            secrets: ["rules.1.token": Secret("t")])
        #expect(settings.all("names") == ["a", "b"])
        #expect(settings.all("single") == ["c"])
        #expect(settings.all("absent") == [])
        #expect(settings.flag("on"))
        #expect(settings.flag("off", default: true))
        let rules = settings.elements("rules")
        #expect(rules.map { $0["match"] } == ["x", "y"])
        #expect(rules.last?.secret("token") != nil)
        #expect(try ProviderSettings(["matchImages.0": "a.example"]).operatorPatterns().map(\.text) == ["a.example"])
        #expect(throws: Failure.self) { try ProviderSettings(["matchImages.0": ""]).operatorPatterns() }
    }
}
