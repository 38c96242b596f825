import TabardCore
import TabardExec

/// Questions and answers of the exec protocol: what is accepted can be written and read again with the same meaning.
func fuzz(_ input: UnsafeRawBufferPointer) {
    let bytes = Secret(copying: input)
    if let request = try? ExecRequest(parsing: bytes) {
        guard let written = try? request.write(), let again = try? ExecRequest(parsing: written) else {
            return require(false, "a question that was accepted cannot be written and read")
        }
        require(again.version == request.version, "the version changed")
        require(again.question.image.name == request.question.image.name, "the image changed")
        require(again.question.serviceAccountAnnotations == request.question.serviceAccountAnnotations, "the annotations changed")
        require((again.question.serviceAccountToken == nil) == (request.question.serviceAccountToken == nil), "the token changed")
    }
    let origin = Origin(.execPlugin, "fuzz")
    for version in ExecVersion.allCases {
        guard let response = try? ExecResponse(parsing: bytes, version: version, origin: origin) else { continue }
        let own = ExecResponse(version: version, entries: response.entries, scope: response.scope, duration: response.duration)
        guard let written = try? own.write(), let again = try? ExecResponse(parsing: written, version: version, origin: origin) else {
            return require(false, "an answer that was accepted cannot be written and read")
        }
        require(again.entries.map(\.pattern) == own.entries.map(\.pattern), "the patterns changed")
        require(again.duration == own.duration && (again.duration ?? .zero) >= .zero, "the duration changed")
        require(!own.entries.isEmpty || own.scope == .image, "an empty answer is shared")
    }
}
