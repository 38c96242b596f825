import CTabard
import CTabardSystem
import TabardCore
import TabardSystem

/// The checks of what a plugin leaves behind.
extension CheckProcess {
    func standardStreams() throws(Complaint) -> String {
        // Whoever started this process writes a few bytes there.
        _ = try? Poll.waitReadable([0], until: SystemClocks().monotonicNanoseconds + 5_000_000_000)
        let waiting = tabard_bytes_waiting(0)
        try makeUsualAndBadCalls()
        let size: Int64
        do throws(SystemError) { size = try printed.size } catch { throw Complaint("\(error)") }
        guard size == 0 else { throw Complaint("it wrote \(size) bytes to standard output, which is the answer channel of its host") }
        guard tabard_bytes_waiting(0) == waiting else {
            throw Complaint("it read from standard input, which is the request channel of its host")
        }
        return ""
    }

    func surroundings() throws(Complaint) -> String {
        var shape = ProbeHost.Shape()
        shape.memory = .freed
        let usual = ProbeHost(shape)
        // Loaded and asked once: what a runtime or a library opens for good at its first use is no trace of a call.
        let before = Surroundings()
        let trials = try trials(of: try subject(usual), on: usual)
        let loaded = Surroundings()
        var changes = loaded.changes(since: before, hasRuntime: true)
        for trial in trials {
            for _ in 0..<20 {
                channel.at("provide() of \(trial.provider.id)")
                _ = try trial.ask(on: usual)
            }
        }
        let after = Surroundings()
        changes += after.changes(since: loaded, hasRuntime: hasRuntime)
        if !hasRuntime {
            if after.threads > before.threads { changes.append("\(after.threads - before.threads) threads") }
            changes += after.changes(since: before, hasRuntime: false).filter { $0.hasPrefix("the handlers") }
        }
        guard changes.isEmpty else {
            throw Complaint("it left behind or changed \(Set(changes).sorted().joined(separator: ", "))")
        }
        return ""
    }

    func secrets() throws(Complaint) -> String {
        let usual = ProbeHost()
        let trials = try trials(of: try subject(usual), on: usual)
        var lines = usual.lines.read { $0 }
        for (name, answer) in [("plenty", ProbeAnswer.plentiful)] + ProbeAnswer.bad {
            let host = ProbeHost(answer: answer)
            for trial in trials {
                channel.at("provide() of \(trial.provider.id), answered with \(name)")
                let record = try trial.ask(on: host).record
                lines += [record.message ?? "", record.advice]
            }
            lines += host.lines.read { $0 }
        }
        for line in lines where line.contains(ProbeAnswer.canary) || line.contains(ProbeAnswer.encodedCanary) {
            let hidden = line.replacing(ProbeAnswer.canary, with: "<the secret>").replacing(ProbeAnswer.encodedCanary, with: "<the secret>")
            throw Complaint("it said \"\(hidden.prefix(300))\"")
        }
        return "\(lines.count) lines and reasons read"
    }

    func memory() throws(Complaint) -> String {
        var shape = ProbeHost.Shape()
        shape.memory = .freed
        let usual = ProbeHost()
        let trials = try trials(of: try subject(usual), on: usual)
        let host = ProbeHost(shape)
        var said: [String] = []
        for trial in trials {
            let provider = trial.provider
            func call(times: Int) throws(Complaint) {
                channel.at("provide() of \(provider.id), 10,000 times")
                try trial.withInstance(on: host) { (instance) throws(Complaint) in
                    for _ in 0..<times { _ = provider.provide(instance, trial.image, on: ProbeCall(host)) }
                }
                channel.at("create() and destroy() of \(provider.id), many times")
                for _ in 0..<times / 50 { try trial.withInstance(on: host) { _ in } }
                host.lines.withLock { $0 = [] }
            }
            try call(times: 1000)
            let (heap, resident) = (tabard_heap_in_use(), Self.residentKiB)
            try call(times: 10_000)
            let growth = Int(tabard_heap_in_use()) - Int(heap)
            let residentGrowth = Self.residentKiB - resident
            guard growth < 128 << 10 else { throw Complaint("\(provider.id) kept \(growth) bytes of 10,000 calls") }
            // Memory that malloc did not give: a runtime with a heap of its own breathes, but not by this much.
            guard residentGrowth < 16 << 10 else { throw Complaint("\(provider.id) kept \(residentGrowth) KiB of 10,000 calls") }
            said.append("\(provider.id): \(growth) bytes, \(residentGrowth) KiB resident")
        }
        return said.joined(separator: "; ")
    }

    private static var residentKiB: Int {
        let text = String(decoding: (try? FileSystem.contents(of: "/proc/self/statm", limit: 256)) ?? [], as: UTF8.self)
        return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4 } ?? 0
    }

    private func makeUsualAndBadCalls() throws(Complaint) {
        let usual = ProbeHost()
        let trials = try trials(of: try subject(usual), on: usual)
        for (name, answer) in [("plenty", ProbeAnswer.plentiful)] + ProbeAnswer.bad {
            let host = ProbeHost(answer: answer)
            for trial in trials {
                channel.at("provide() of \(trial.provider.id), answered with \(name)")
                _ = try trial.ask(on: host)
            }
        }
    }
}
