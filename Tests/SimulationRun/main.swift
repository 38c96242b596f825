import Glibc
import TabardSimulation

// Plays fleets and single nodes on a clock of their own, and fails when the product breaks a promise.
// With --entries it measures instead what a table of that many costs.
// usage: tabard-simulation [--nodes N] [--lives N] [--days N] [--series FILE] | tabard-simulation --entries N

var nodes = 10_000
var lives = 20
var days: Int64 = 7
var series: String?
var arguments = CommandLine.arguments.dropFirst().makeIterator()
while let option = arguments.next() {
    let value = arguments.next()
    switch (option, value.flatMap { Int($0) }) {
    case ("--nodes", let number?): nodes = number
    case ("--lives", let number?): lives = number
    case ("--days", let number?): days = Int64(number)
    case ("--entries", let number?):
        var cost = try TableCost(entries: number)
        cost.measure()
        exit(0)
    case ("--series", _) where value != nil: series = value
    default:
        print("usage: tabard-simulation [--nodes N] [--lives N] [--days N] [--series FILE] | tabard-simulation --entries N")
        exit(2)
    }
}

var problems: [String] = []
if nodes > 0 {
    let plan = FleetPlan.day(nodes: nodes)
    let results = try FleetPlan.Strategy.allCases.map { try Fleet(plan, $0).play() }
    print("One day of \(nodes) nodes\n\n\(FleetResult.table(results, seconds: plan.seconds))")
    problems += results.flatMap(\.problems)
    let (kubelet, agent) = (results[0].sources[0], results[1].sources[0])
    if agent.peak >= kubelet.peak { problems.append("the agents' peak of \(agent.peak) is not below the kubelets' \(kubelet.peak)") }
    if let series { try write(results, to: series) }
}
var sum: [FleetPlan.Strategy: FleetResult] = [:]
for seed in 0..<lives {
    let plan = FleetPlan.life(seconds: days * 86_400, seed: UInt64(seed))
    for strategy in FleetPlan.Strategy.allCases {
        let result = try Fleet(plan, strategy).play()
        problems += result.problems.map { "seed \(seed): \($0)" }
        sum[strategy] = sum[strategy].map { $0.adding(result) } ?? result
    }
}
if lives > 0 {
    let results = FleetPlan.Strategy.allCases.compactMap { sum[$0] }
    print("\(days) days of one node, \(lives) times\n\n\(FleetResult.table(results, seconds: days * 86_400 * Int64(lives)))")
}
for problem in problems { print("FAIL \(problem)") }
print("\(problems.isEmpty ? 1 : 0) passed, \(problems.count) failed")
exit(problems.isEmpty ? 0 : 1)
