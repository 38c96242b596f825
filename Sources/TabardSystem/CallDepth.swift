/// How many of our own programs stand above this process: a program that a host starts to be asked must not start a host that asks it.
public enum CallDepth {
    /// The variable that carries it.
    public static let variable = "TABARD_DEPTH"

    /// Zero for a process that people, a kubelet or a client started.
    public static let current = Environment.trustedValue(variable).flatMap { Int($0) } ?? 0

    /// What a child gets.
    public static let ofChildren = "\(current + 1)"
}
