/// What is wrong with a plugin, in words that follow the name of the check.
struct Complaint: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
