import TabardCore

extension Failure {
    /// The same about a file that the operator named: when it is not there the command line is wrong, not this machine.
    var aboutNamedFile: Failure {
        var failure = self
        if code == .notFound { failure.code = .invalid }
        return failure
    }
}
