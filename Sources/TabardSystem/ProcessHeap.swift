import CTabardSystem

/// How this process takes memory from the system.
public enum ProcessHeap {
    /// Lets all threads share one heap, before the first thread is started: for a process that ends after one question, whose threads wait
    /// for each other. A heap of its own costs a thread four system calls, and pages that the first heap has free.
    public static func shareAmongThreads() { tabard_share_heap() }
}
