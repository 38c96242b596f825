/// What a plugin said about the failure that it is about to return.
struct PluginError: Sendable {
    var message: String
    var advice: String
    var httpStatus: Int?
    var retryAfter: Duration?
}
