extension FleetResult {
    /// What the product promises and this run did not keep, a line for each.
    public var problems: [String] {
        var problems: [String] = []
        func promise(_ isKept: Bool, _ text: String) { if !isKept { problems.append("\(strategy.rawValue): \(text)") } }
        guard strategy != .kubelet else { return [] }
        promise(presentedExpired == 0, "\(presentedExpired) expired credentials were served")
        promise(outlived.avoidable == 0, "\(outlived.avoidable) pulls outlived their credential although the source could be reached")
        promise(mostAtOnce <= 1, "\(mostAtOnce) questions at once to one source from one node")
        promise(lacked.avoidable == 0, "\(lacked.avoidable) pulls lacked a credential although the source could be reached")
        // A kubelet tells nobody what a registry refused.
        if strategy == .agent { promise(lacked.revoked == 0, "\(lacked.revoked) pulls had a revoked credential and got no other") }
        return problems
    }

    /// The result as rows of a table.
    public static func table(_ results: [FleetResult], seconds: Int64) -> String {
        let rows: [(String, (FleetResult) -> String)] = [
            ("pulls", { "\($0.pulls)" }),
            ("requests to the first source", { "\($0.sources[0].requests)" }),
            ("… a second, mean", { tenths(Double($0.sources[0].requests) / Double(seconds), digits: 3) }),
            ("… a second, busiest minute", { tenths($0.sources[0].busiestMinute) }),
            ("… a second, peak", { "\($0.sources[0].peak)" }),
            ("… refused for their number", { "\($0.sources[0].throttled)" }),
            ("requests to the other sources", { "\($0.sources.dropFirst().reduce(0) { $0 + $1.requests })" }),
            ("… a second, peak", { "\($0.sources.dropFirst().map(\.peak).max() ?? 0)" }),
            ("most at once, one node and source", { "\($0.mostAtOnce)" }),
            ("pulls that lacked a credential", { "\($0.lacked.all)" }),
            ("… the node had none yet", { "\($0.lacked.cold)" }),
            ("… the source was out of reach", { "\($0.lacked.excused)" }),
            ("… it was revoked, and another to be had", { "\($0.lacked.revoked)" }),
            ("… avoidable", { "\($0.lacked.avoidable)" }),
            ("pulls that outlived their credential", { "\($0.outlived.all)" }),
            ("… avoidable", { "\($0.outlived.avoidable)" }),
            ("expired credentials presented", { "\($0.presentedExpired)" }),
            ("revoked credentials presented", { "\($0.presentedRevoked)" }),
            ("longest wait for a credential, min", { tenths($0.longestWait / 60) }),
            ("longest staleness, min", { tenths($0.longestStaleness / 60) }),
        ]
        var text =
            "| | " + results.map { $0.strategy.title }.joined(separator: " | ") + " |\n|---|" + results.map { _ in "---:|" }.joined() + "\n"
        for (name, value) in rows { text += "| \(name) | " + results.map(value).joined(separator: " | ") + " |\n" }
        return text
    }

    private static func tenths(_ value: Double, digits: Int = 1) -> String {
        var factor = 1.0
        for _ in 0..<digits { factor *= 10 }
        return "\((value * factor).rounded() / factor)"
    }
}

extension FleetPlan.Strategy {
    /// What a table calls it.
    public var title: String {
        switch self {
        case .kubelet: "kubelet alone"
        case .agent: "agent, our pullers"
        case .both: "kubelet and agent"
        }
    }
}
