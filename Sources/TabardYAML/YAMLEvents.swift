import TabardCore
import TabardJSON

/// The events of one document, in their order, with their text in memory that is wiped.
struct YAMLEvents: ~Copyable {
    enum Kind {
        case scalar(isPlain: Bool)
        case sequence
        case mapping
        /// Ends the container that was opened last.
        case close
        /// Stands for the event of that number, which is complete.
        case alias(Int)
    }

    struct Event {
        let kind: Kind
        let tag: YAMLTag
        /// Where a scalar's text is in `text`.
        let range: Range<Int>
        let position: JSONPosition
        /// The number of the event after this node; 0 while the node is open.
        var end: Int
    }

    var list: [Event] = []
    var text = SecretBuffer()

    /// Lends a scalar's text.
    func withText<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        text.withBytes { body(UnsafeRawBufferPointer(rebasing: $0[list[index].range])) }
    }
}
