import CTabard
import TabardCore
import TabardSystem

/// The checks with hosts that are not like the usual one.
extension CheckProcess {
    func lifetimes() throws(Complaint) -> String {
        var shape = ProbeHost.Shape()
        shape.memory = .guarded
        // From the first call on: a pointer into memory that is kept would do no harm later.
        let host = ProbeHost(shape)
        let trials = try trials(of: try subject(host), on: host)
        for trial in trials {
            channel.at("create() of \(trial.provider.id)")
            try trial.withInstance(on: host) { (instance) throws(Complaint) in
                for number in 1...3 {
                    channel.at("provide() of \(trial.provider.id), number \(number), after which nobody may touch what it was lent")
                    _ = trial.provider.provide(instance, trial.image, on: ProbeCall(host))
                }
                channel.at("destroy() of \(trial.provider.id)")
            }
        }
        return ""
    }

    func noExtensions() throws(Complaint) -> String {
        var shape = ProbeHost.Shape()
        shape.offersExtensions = false
        let usual = ProbeHost()
        let trials = try trials(of: try subject(usual), on: usual)
        let host = ProbeHost(shape)
        var said: [String] = []
        for trial in trials {
            channel.at("create() of \(trial.provider.id)")
            let (instance, made) = trial.provider.create(trial.settings, on: ProbeCall(host))
            var outcome = made
            if let instance {
                channel.at("provide() of \(trial.provider.id)")
                outcome = trial.provider.provide(instance, trial.image, on: ProbeCall(host))
                trial.provider.destroy(instance)
            }
            guard outcome.status != TABARD_E_INTERNAL else {
                throw Complaint("\(trial.provider.id) takes it for a bug of its own (\(outcome.summary)); TABARD_E_UNSUPPORTED says it")
            }
            said.append("\(trial.provider.id): \(outcome.summary)")
        }
        return said.joined(separator: "; ")
    }

    /// A host of 1.0: nothing lies behind the structs of that version.
    func olderHost() throws(Complaint) -> String {
        var shape = ProbeHost.Shape()
        shape.minor = 0
        shape.memory = .guarded
        return try compare(with: shape, named: "a host of ABI 1.0")
    }

    func newerHost() throws(Complaint) -> String {
        var shape = ProbeHost.Shape()
        shape.minor = 9
        shape.tail = 64
        shape.unknownFlags = 0xFFFF_0000
        return try compare(with: shape, named: "a host of ABI 1.9")
    }

    private func compare(with shape: ProbeHost.Shape, named name: String) throws(Complaint) -> String {
        let usual = ProbeHost()
        let trials = try trials(of: try subject(usual), on: usual)
        let host = ProbeHost(shape)
        let subject = try subject(host)
        guard subject.providers.count >= trials.count else { throw Complaint("it has fewer providers in \(name)") }
        for trial in trials {
            channel.at("provide() of \(trial.provider.id) in \(name)")
            let outcome = try trial.ask(on: host)
            guard outcome.status == trial.outcome.status, outcome.record.entries == trial.outcome.record.entries else {
                throw Complaint("\(trial.provider.id) gave \(outcome.summary) in \(name), and \(trial.outcome.summary) in this one")
            }
        }
        return ""
    }
}
