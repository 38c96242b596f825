import CTabard
import TabardCore
import TabardSystem

/// One provider of the plugin under test.
struct ProbeProvider: @unchecked Sendable {
    // The plugin's own table, which never changes.
    let table: UnsafePointer<tabard_provider_v1>
    let id: String
    let isConcurrent: Bool

    init(_ table: UnsafePointer<tabard_provider_v1>) {
        self.table = table
        id = ProbeCall.text(table.pointee.id)
        isConcurrent = table.pointee.flags & UInt32(TABARD_PROVIDER_CONCURRENT) != 0
    }

    /// An instance of a check; its maker destroys it.
    struct Instance: @unchecked Sendable {
        // Opaque; whoever shares it between threads asked `isConcurrent` first.
        let pointer: UnsafeMutableRawPointer?
    }

    /// What a call came to.
    struct Outcome: Sendable {
        let status: tabard_status
        let record: ProbeCall.Record
        /// How long it took, in nanoseconds of the machine's clock.
        let took: Int64

        /// In words.
        var summary: String {
            if status.rawValue < 0 { return "status \(status.rawValue): \(record.message ?? "no reason")" }
            return record.entries.isEmpty ? "nothing" : "credentials for \(record.entries.map(\.pattern).joined(separator: ", "))"
        }
    }

    /// The settings that it describes, with a value made up for each.
    func madeUpSettings(in folder: String) -> [(String, String)] {
        let list = table.pointee.settings
        return (0..<list.count).compactMap { index in
            guard let setting = list.items?[index] else { return nil }
            let key = ProbeCall.text(setting.key)
            let isSecret = setting.flags & UInt32(TABARD_SETTING_SECRET) != 0
            let isRepeated = setting.flags & UInt32(TABARD_SETTING_REPEATED) != 0
            let value =
                switch tabard_setting_kind(rawValue: setting.kind) {
                case TABARD_SETTING_FLAG: "false"
                case TABARD_SETTING_NUMBER: "1"
                case TABARD_SETTING_DURATION: "90s"
                case TABARD_SETTING_URL: "https://conformance.example.com/"
                case TABARD_SETTING_PATH: "\(folder)/secret"
                case TABARD_SETTING_PATTERN: "conformance.example.com"
                default: isSecret ? ProbeAnswer.canary : "conformance"
                }
            return (isRepeated && !key.contains(".") ? "\(key).0" : key, value)
        }
    }

    /// Images that its patterns match: with an account where one `*` stands, and a region where a second one does.
    var images: [ImageReference] {
        let list = table.pointee.match_images
        let patterns = (0..<list.count).compactMap { list.items?[$0] }.map(ProbeCall.text)
        return (patterns + ["conformance.example.com"]).prefix(40).compactMap { pattern in
            var host = ""
            var stars = 0
            for character in pattern.split(separator: "://").last.map(String.init) ?? pattern {
                if character == "*" {
                    host += stars == 0 ? "123456789012" : "us-east-1"
                    stars += 1
                } else {
                    host.append(character)
                }
            }
            return try? ImageReference("\(host)/conformance/app:1")
        }
    }

    func create(_ settings: [(String, String)], on call: ProbeCall) -> (instance: Instance?, outcome: Outcome) {
        let started = SystemClocks().monotonicNanoseconds
        var pointer: UnsafeMutableRawPointer?
        let status = call.run { call, memory in
            var config = tabard_config_v1()
            let tail = ProbeCall.of(call)?.host.shape.tail ?? 0
            config.struct_size = UInt32(MemoryLayout<tabard_config_v1>.size + tail)
            config.settings = memory.pairs(settings)
            return table.pointee.create(table, call, memory.value(config, tail: tail), &pointer)
        }
        let outcome = Outcome(
            status: status, record: call.record.read { $0 }, took: SystemClocks().monotonicNanoseconds - started)
        return (status.rawValue >= 0 ? Instance(pointer: pointer) : nil, outcome)
    }

    func destroy(_ instance: Instance) { table.pointee.destroy(instance.pointer) }

    /// A question about an image, lent from `memory`.
    private static func question(_ image: ImageReference, _ shape: ProbeHost.Shape, in memory: ProbeMemory) -> UnsafePointer<
        tabard_request_v1
    > {
        var request = tabard_request_v1()
        request.struct_size = UInt32(MemoryLayout<tabard_request_v1>.size + shape.tail)
        request.flags = shape.unknownFlags & ~UInt32(TABARD_REQUEST_FRESH)
        request.image = memory.text(image.name)
        request.registry = memory.text(image.registry)
        request.repository = memory.text(image.repository)
        return UnsafePointer(memory.value(request, tail: shape.tail))
    }

    /// What matches() says; true without one.
    func matches(_ instance: Instance, _ image: ImageReference, on host: ProbeHost) -> Bool {
        guard let matches = table.pointee.matches else { return true }
        let memory = ProbeMemory(host.shape.memory)
        defer { memory.retire() }
        return matches(instance.pointer, Self.question(image, host.shape, in: memory)) != TABARD_MATCH_NO
    }

    func provide(_ instance: Instance, _ image: ImageReference, on call: ProbeCall) -> Outcome {
        let started = SystemClocks().monotonicNanoseconds
        let status = call.run { pointer, memory in
            table.pointee.provide(instance.pointer, Self.question(image, call.host.shape, in: memory), pointer)
        }
        return Outcome(status: status, record: call.record.read { $0 }, took: SystemClocks().monotonicNanoseconds - started)
    }
}
