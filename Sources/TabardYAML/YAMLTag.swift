/// The tags of YAML's own types; a node without one is what it looks like.
enum YAMLTag: String {
    case none
    case text = "tag:yaml.org,2002:str"
    case integer = "tag:yaml.org,2002:int"
    case float = "tag:yaml.org,2002:float"
    case boolean = "tag:yaml.org,2002:bool"
    case null = "tag:yaml.org,2002:null"
    case sequence = "tag:yaml.org,2002:seq"
    case mapping = "tag:yaml.org,2002:map"

    /// What a kind of node may be tagged with.
    func suits(_ kind: YAMLEvents.Kind) -> Bool {
        switch (self, kind) {
        case (.none, _), (.sequence, .sequence), (.mapping, .mapping): true
        case (.sequence, _), (.mapping, _), (_, .sequence), (_, .mapping): false
        default: true
        }
    }
}
