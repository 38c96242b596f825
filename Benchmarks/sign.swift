// Signs one request for an ECR password many times, as the plugin does, and prints the processor seconds that it took.
//
// usage: sign COUNT fresh|cached      fresh derives the signing key each time; cached keeps it, as a host that stays does

import Glibc
import TabardCore
import TabardSigning

@main
struct Sign {
    static func main() {
        let count = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 0 : 0
        let isFresh = CommandLine.arguments.count > 2 && CommandLine.arguments[2] == "fresh"
        let credentials = AWSCredentials(
            accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
        let signer = SigV4Signer(region: "eu-west-1", service: "ecr")
        let body = Secret("{}")
        var keys = SigV4KeyCache()
        var length = 0
        let start = clock()
        for number in 0..<count {
            if isFresh { keys = SigV4KeyCache() }
            let request = SigV4Request(
                method: "POST", host: "api.ecr.eu-west-1.amazonaws.com",
                headers: [
                    ("Content-Type", .text("application/x-amz-json-1.1")),
                    ("X-Amz-Target", .text("AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken")),
                ], payload: .bytes(body))
            let time = UTCTime(unixNanoseconds: (1_768_471_872 + Int64(number % 1000)) * 1_000_000_000)
            length += signer.headers(for: request, credentials: credentials, at: time, keys: &keys).count
        }
        let seconds = Double(clock() - start) / 1_000_000
        precondition(length == 2 * count, "every signature is a date and an authorization")
        print(seconds)
    }
}
