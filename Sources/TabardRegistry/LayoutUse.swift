import Glibc
public import TabardCore
public import TabardSystem

/// A claim on a layout's content: while it lasts nobody collects garbage there. It ends with the process at the latest.
public struct LayoutUse: ~Copyable {
    private let folder: FileDescriptor

    init(_ layout: OCILayout, alone: Bool, until deadline: Int64, cancellation: Cancellation?) throws(SystemError) {
        // A descriptor of its own, because locks belong to those and not to threads.
        let folder = try layout.root.open(".", flags: O_RDONLY | O_DIRECTORY)
        try folder.lock(shared: !alone, until: deadline, cancellation: cancellation)
        self.folder = folder
    }

    /// Gives the claim back.
    public func end() { flock(folder.number, LOCK_UN) }
}

extension OCILayout {
    /// Claims the content, together with others who do the same; waits while somebody collects garbage.
    ///
    /// - Parameter alone: Waits until nobody else has a claim, and lets nobody have one.
    public func use(alone: Bool = false, until deadline: Int64, cancellation: Cancellation?) throws(Failure) -> LayoutUse {
        do throws(SystemError) {
            return try LayoutUse(self, alone: alone, until: deadline, cancellation: cancellation)
        } catch { throw Self.failure(error, attempting: "waiting until nobody else uses the image layout") }
    }
}
