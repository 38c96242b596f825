import TabardCore
import TabardJSON
import TabardTestSupport
import Testing

@testable import TabardAgentProtocol

@Suite struct FrameTests {
    static func cases() throws -> [JSONNode] { try Fixtures.json("agent/frames.json").elements }

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal.utf8)
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16) ?? 0
        }
    }

    /// Everything that can be read from the bytes when they arrive in pieces of that size.
    private static func read(_ bytes: [UInt8], piece: Int) -> (frames: [AgentFrame], fault: AgentFrame.Fault?) {
        var reader = AgentFrameReader()
        var frames: [AgentFrame] = []
        for start in stride(from: 0, to: bytes.count, by: piece) {
            bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes { reader.append($0) }
            do throws(AgentFrame.Fault) {
                while let frame = try reader.next() { frames.append(frame) }
            } catch {
                return (frames, error)
            }
        }
        return (frames, nil)
    }

    @Test(arguments: try cases()) func `bytes are the messages that the fixture says, in whatever pieces they arrive`(_ test: JSONNode)
        throws
    {
        let name = try test.requireString("name")
        let bytes = Self.bytes(try test.requireString("bytes"))
        for piece in [1, 3, 8, max(1, bytes.count)] {
            let (frames, fault) = Self.read(bytes, piece: piece)
            #expect(frames.map { "\($0.kind)" } == (try test.require("kinds").asStrings()), "\(name)")
            #expect(frames.map(\.body.text) == (try test.require("bodies").asStrings()), "\(name)")
            if let says = try test.optionalString("fault") {
                let text = "\(fault.map { if case .otherVersion(let version) = $0 { "version \(version)" } else { "\($0)" } } ?? "none")"
                #expect(text.contains(says), "\(name): \(text)")
            } else {
                #expect(fault == nil, "\(name)")
            }
        }
    }

    @Test(arguments: AgentFrame.Kind.allCases) func `what is written is read again`(_ kind: AgentFrame.Kind) throws {
        for body in ["", "x", String(repeating: "longer than one piece ", count: 2000)] {
            var reader = AgentFrameReader()
            AgentFrame(kind, Secret(body)).bytes.withBytes { reader.append($0) }
            let frame = try #require(try reader.next())
            #expect(frame.kind == kind)
            #expect(frame.body.text == body)
            #expect(try reader.next() == nil && reader.isBetweenMessages)
        }
    }
}

extension Secret {
    /// The bytes as text, to compare with.
    var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}
