import CTabardSystem

/// What the kernel says about its wall clock.
public enum KernelClock {
    /// Whether a time service keeps it (adjtimex(2)); nil where the kernel does not say, as in some containers.
    public static var isSynchronised: Bool? {
        let answer = tabard_clock_is_synchronised()
        return answer < 0 ? nil : answer == 1
    }
}
