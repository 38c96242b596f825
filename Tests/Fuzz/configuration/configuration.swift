import TabardConfig
import TabardCore

/// The input as `config.json`, as a plugin's manifest and as `--set`: refused with a reason that can be printed, or understood without
/// contradiction.
func fuzz(_ input: UnsafeRawBufferPointer) {
    let bytes = Array(input)
    do throws(Failure) {
        check(try TabardConfiguration.parse(bytes, file: "config.json"))
    } catch {
        checkRefusal(error)
        require(error.subject.hasPrefix("config.json:"), "a mistake has a place")
    }
    do throws(Failure) {
        let manifest = try PluginManifest.parse(bytes, file: "m.json")
        require(!manifest.providers.isEmpty, "a plugin has a provider")
        let written = manifest.write()
        guard let again = try? PluginManifest.parse(written, file: "m.json") else { return require(false, "what is written can be read") }
        require(again == manifest && again.write() == written, "what is written is what was read")
        require(manifest.difference(from: again) == nil, "a manifest does not differ from itself")
    } catch {
        checkRefusal(error)
    }
    do throws(Failure) {
        check(try TabardConfiguration.empty.overriding([text(input)]))
    } catch {
        checkRefusal(error)
        require(error.subject.hasPrefix("--set"), "a mistake has a place")
    }
}

private func checkRefusal(_ failure: Failure) {
    require(failure.code == .invalid, "a mistake is invalid input")
    require(isPrintable("\(failure)"), "a failure is one printable line")
}

private func check(_ configuration: TabardConfiguration) {
    for (id, provider) in configuration.providers {
        require(ProviderManifest.isID(id), "a provider has an id")
        let keys = provider.settings.map(\.key)
        require(Set(keys).count == keys.count, "no key stands twice")
        require(provider.settings.allSatisfy { provider.place(of: $0.key) == $0.place }, "a setting has its place")
        require(!keys.contains("matchImages"), "patterns are no settings")
    }
}
