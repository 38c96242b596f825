import TabardJSON
import TabardTestSupport
import Testing

/// Off Google's machines: an image is pulled with credentials files of every type.
@Suite struct GoogleAccountsTests {
    @Test(arguments: [
        "service_account", "authorized_user", "external_account_authorized_user", "external_file", "external_json_file", "external_url",
        "external_aws", "external_executable", "external_impersonated", "impersonated_key", "impersonated_user",
    ])
    func `an image is pulled with a credentials file`(name: String) throws {
        let world = try World(.google)
        // The registry lets in whom this one gave a token: it writes the same list.
        let accounts = try RunningService(
            "google_accounts.py",
            ["--folder", world.folder.path("files"), "--log", world.folder.path("accounts.log"), "--issued", world.folder.path("issued")],
            in: world.folder)
        world.configure(
            #""credentialsFile": "\#(world.folder.path("files/\(name).json"))", "tokenURL": "http://\#(accounts.host)/token""#)
        let result = try world.pull(environment: ["GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES": "1"])
        #expect(result.status == 0, "\(result)")
        #expect(result.output == "\(world.image)@\(world.digest)\n", "\(result)")
        #expect(try world.requests(to: "accounts").isEmpty == false)
        #expect(try world.requests(to: "cloud").isEmpty)
        expectNoSecret(result, try world.secrets() + ["client-s3cret/of+the&app", "1//refresh+token", "PRIVATE KEY"])
    }

    @Test func `a file that opens nothing is no reason to ask the machine`() throws {
        let world = try World(.google)
        world.folder.write("broken.json", #"{"type": "service_account", "client_email": "a@b"}"#)
        world.configure(#""metadataHost": "\#(world.cloud.host)", "credentialsFile": "\#(world.folder.path("broken.json"))""#)
        let result = try world.ask()
        #expect(result.status != 0 && result.errors.contains("broken.json"), "\(result)")
        #expect(try world.requests(to: "cloud").isEmpty)
    }
}
