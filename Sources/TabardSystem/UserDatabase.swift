import Glibc

/// Names of users and groups.
public enum UserDatabase {
    /// The number of a group; ENOENT when there is none of that name.
    public static func group(named name: String) throws(SystemError) -> UInt32 {
        var entry = Glibc.group()
        var found: UnsafeMutablePointer<Glibc.group>?
        var size = 1024
        while true {
            var buffer = [CChar](repeating: 0, count: size)
            let number = getgrnam_r(name, &entry, &buffer, size, &found)
            if number == ERANGE, size < 1 << 20 {
                size *= 2
                continue
            }
            guard number == 0, found != nil else { throw SystemError("getgrnam", on: name, number: number == 0 ? ENOENT : number) }
            return entry.gr_gid
        }
    }
}
