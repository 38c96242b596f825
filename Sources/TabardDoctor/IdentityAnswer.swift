/// Whom a provider would ask its cloud as, or why it has nobody to be.
struct IdentityAnswer: Equatable {
    var severity: Finding.Severity
    var what: String
    var why = ""
    var fix = ""

    static func found(_ what: String, why: String = "", fix: String = "") -> IdentityAnswer {
        IdentityAnswer(severity: .ok, what: what, why: why, fix: fix)
    }

    static func broken(_ what: String, _ fix: String) -> IdentityAnswer {
        IdentityAnswer(
            severity: .error, what: what, why: "the first place where something is set up decides; no other identity is tried", fix: fix)
    }

    /// What everybody on the node can read is a warning, whatever else it is.
    func warning(ifOpen path: String, _ question: IdentityQuestion, _ name: String) -> IdentityAnswer {
        guard severity == .ok, question.isOpen(path) else { return self }
        return IdentityAnswer(
            severity: .warning, what: "\(what); everybody can read \(name)", why: "every process on the node can use that identity",
            fix: "chmod 600 on it")
    }
}
