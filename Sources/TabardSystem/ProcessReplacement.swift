import CTabardSystem
import Glibc

/// Becoming another program in the same process.
public enum ProcessReplacement {
    /// Ends every thread and starts the program in their place (execve(2)), with the environment of this process and these variables.
    ///
    /// - Parameters:
    ///   - arguments: With the program's name first.
    ///   - inherited: The descriptors that it keeps; all others of ours are close-on-exec.
    /// - Returns: Only when it failed: why. Everything is as before then.
    public static func become(
        _ path: String, arguments: [String], adding variables: [String: String], inheriting inherited: [Int32]
    ) -> SystemError {
        for descriptor in inherited where tabard_set_inherited(descriptor, 1) != 0 { return SystemError("fcntl") }
        for (name, value) in variables { setenv(name, value, 1) }
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        pointers.append(nil)
        execve(path, &pointers, tabard_environment())
        let problem = SystemError("execve", on: path)
        pointers.forEach { free($0) }
        for name in variables.keys { unsetenv(name) }
        for descriptor in inherited { _ = tabard_set_inherited(descriptor, 0) }
        return problem
    }
}
