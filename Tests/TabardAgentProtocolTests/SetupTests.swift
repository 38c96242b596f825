import Testing

@testable import TabardAgentProtocol

@Suite struct SetupTests {
    private static func setup(
        file: String = "/etc/tabard/config.json", folders: [String] = ["/usr/lib/tabard/v1"], settings: [String] = [],
        variables: [String] = [], homes: [String] = []
    ) -> AgentSetup {
        AgentSetup(configurationFile: file, pluginFolders: folders, settings: settings, variables: variables, homes: homes)
    }

    @Test func `whatever decides about an identity makes another setup`() {
        let all = [
            Self.setup(), Self.setup(file: "/other"), Self.setup(folders: ["/a"]), Self.setup(folders: ["/a", "/b"]),
            Self.setup(folders: ["/b", "/a"]), Self.setup(settings: ["aws-ecr-key.region=eu-west-1"]),
            Self.setup(variables: ["AWS_REGION=eu-west-1"]), Self.setup(variables: ["AWS_REGION=eu-west-2"]),
            Self.setup(homes: ["/root/.aws"]),
            // The same text in another place, or cut otherwise.
            Self.setup(settings: ["AWS_REGION=eu-west-1"]), Self.setup(variables: ["a", "b"]), Self.setup(variables: ["ab"]),
            Self.setup(variables: ["a"], homes: ["b"]),
        ]
        #expect(Set(all).count == all.count)
        #expect(Self.setup() == Self.setup())
        #expect(Self.setup().digest.utf8.count == 64)
    }
}
