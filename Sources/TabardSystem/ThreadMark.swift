import CTabardSystem

/// One number that belongs to the running thread: which piece of work it does, for log lines that are written deep below.
public enum ThreadMark {
    /// The number of this thread; 0 until somebody sets it.
    public static var current: UInt64 {
        get { tabard_thread_mark() }
        set { tabard_set_thread_mark(newValue) }
    }
}
