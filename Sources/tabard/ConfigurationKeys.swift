import ArgumentParser
import TabardCommand
import TabardConfig
import TabardJSON

/// `tabard configuration-keys`: what the reader of config.json knows, for the page that is written from it.
struct ConfigurationKeys: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "configuration-keys", abstract: "Prints the keys of config.json as JSON.", shouldDisplay: false)

    func run() throws {
        var json = JSONWriter(.pretty)
        json.object { json in
            Self.write(TabardConfiguration.keys, as: "keys", to: &json)
            Self.write(TabardConfiguration.providerKeys, as: "providerKeys", to: &json)
        }
        Exit.text(String(decoding: json.finishBytes(), as: UTF8.self))
    }

    private static func write(_ keys: [SettingDescription], as name: String, to json: inout JSONWriter) {
        json.array(name) { json in
            for key in keys {
                json.object { json in
                    json.field("key", key.key)
                    json.field("doc", key.doc)
                    json.field("kind", key.kind.rawValue)
                }
            }
        }
    }
}
