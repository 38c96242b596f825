import Glibc
import TabardSystem

/// chmod(2).
func changeMode(of path: String, to mode: mode_t) throws {
    guard chmod(path, mode) == 0 else { throw SystemError("chmod", on: path) }
}

/// mkfifo(3).
func makePipe(_ path: String) -> Bool { mkfifo(path, 0o600) == 0 }
