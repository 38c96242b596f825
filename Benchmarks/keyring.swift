import TabardCore
import TabardKeyring

// Measures one lookup in keyrings of several sizes, beside the same lookup that looks at every key. Prints one line of JSON for each.
// usage: keyring SIZE...

/// What the kubelet does, on patterns that are parsed beforehand and keys that are sorted beforehand.
struct LinearKeyring {
    private let keys: [(pattern: ImagePattern, entry: AuthEntry)]

    init(_ entries: [AuthEntry]) {
        keys = entries.compactMap { entry in
            let text = ImagePattern.normalisedKey(of: entry.pattern)
            return (try? ImagePattern(text)).map { ($0, entry) }
        }.sorted { $1.pattern.text.utf8.lexicographicallyPrecedes($0.pattern.text.utf8) }
    }

    func entries(for image: ImageReference) -> [AuthEntry] { keys.filter { $0.pattern.matches(image) }.map(\.entry) }
}

/// A keyring of that size in which the image has three matches: hosts, repositories and wildcards of a company with many teams.
func entries(_ count: Int) -> [AuthEntry] {
    let matching = ["registry.example.com/team/app", "registry.example.com", "*.example.com"]
    let others = (0..<(count - matching.count)).map { number in
        switch number % 4 {
        case 0: "registry.example.com/team\(number)/app"
        case 1: "registry\(number).example.com"
        case 2: "*.region\(number).example.com"
        default: "https://r\(number).example.net/v1/"
        }
    }
    return (others + matching).enumerated().map { number, key in
        AuthEntry(pattern: key, username: "u\(number)", password: Secret("p\(number)"), origin: Origin(.dockerConfig, key))
    }
}

/// The median of eleven rounds of at least 20 ms, in nanoseconds for one call.
func measure(_ call: () -> Int) -> Double {
    let clock = ContinuousClock()
    var calls = 1
    while clock.measure({ for _ in 0..<calls { _ = call() } }) < .milliseconds(20) { calls *= 2 }
    let rounds = (0..<11).map { _ in
        let (seconds, attoseconds) = clock.measure { for _ in 0..<calls { _ = call() } }.components
        return (Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / Double(calls)
    }
    return rounds.sorted()[rounds.count / 2]
}

func milliseconds(_ duration: Duration) -> Double { Double(duration.components.attoseconds) / 1e15 }

let image = try ImageReference("registry.example.com/team/app/api:1")
for argument in CommandLine.arguments.dropFirst() {
    guard let count = Int(argument), count >= 3 else { continue }
    let entries = entries(count)
    let clock = ContinuousClock()
    var index = Keyring([])
    let reading = clock.measure { index = Keyring(entries) }
    let first = clock.measure { _ = index.entries(for: image).count }
    // The one among the first questions that makes the index.
    let making = (0..<64).map { _ in clock.measure { _ = index.entries(for: image).count } }.max() ?? .zero
    let linear = LinearKeyring(entries)
    let expected = ["registry.example.com/team/app", "registry.example.com", "*.example.com"]
    guard index.entries(for: image).map(\.pattern) == expected, linear.entries(for: image).map(\.pattern) == expected else {
        print("the two keyrings disagree")
        continue
    }
    let fast = measure { index.entries(for: image).count }
    let slow = measure { linear.entries(for: image).count }
    print(
        #"{"keys": \#(count), "index_ns": \#(fast), "linear_ns": \#(slow), "reading_ms": \#(milliseconds(reading)), "#
            + #""first_ms": \#(milliseconds(first)), "making_ms": \#(milliseconds(making))}"#)
}
