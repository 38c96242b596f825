import CTabardSystem
import Glibc

/// What an executable that holds secrets does first.
public enum ProcessHardening {
    /// No core dumps (RLIMIT_CORE 0) and no reading of this process's memory by others of the same user (PR_SET_DUMPABLE 0).
    public static func forbidMemoryDumps() {
        tabard_forbid_memory_dumps()
    }

    /// Occupies the standard streams that whoever started this process has closed: else the first file or connection would get such a
    /// number, and what is meant for a person would be written into it. Reading and writing there stay errors.
    public static func occupyStandardDescriptors() {
        // Without a descriptor left nothing else can be opened either, and says so.
        _ = tabard_occupy_standard_descriptors()
    }

    /// Keeps standard output for the caller alone: gives back a private descriptor for it and points descriptor 1 at standard error,
    /// so that a plugin or library that prints cannot spoil the answer.
    public static func reserveStandardOutput() throws(SystemError) -> FileDescriptor {
        let answer = fcntl(1, F_DUPFD_CLOEXEC, 3)
        guard answer >= 0 else { throw SystemError("fcntl", on: "standard output") }
        guard dup2(2, 1) >= 0 else { throw SystemError("dup2", on: "standard output") }
        return FileDescriptor(owning: answer)
    }
}
