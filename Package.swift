// swift-tools-version: 6.2
import PackageDescription

// Release products carry their own Swift runtime, hidden; debug builds and tests share the toolchain's
// (docs/decisions/0001-cold-start.md).
let release = BuildSettingCondition.when(configuration: .release)

let swiftSettings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-static-stdlib"], release),
]
// Whatever imports the module for regular expressions carries its whole engine: a seventh of every plugin.
// Tests and what only `tabard` links may have it.
let lightSettings =
    swiftSettings + [
        .unsafeFlags(["-Xfrontend", "-disable-implicit-string-processing-module-import"]),
        // The linker leaves out what nobody calls, and puts side by side what a start runs (docs/decisions/0021-images.md).
        .unsafeFlags(["-Xfrontend", "-function-sections"], release),
        // A type is put together by calls, not from its name by the demangler: a fifth fewer instructions for an answer.
        .unsafeFlags(["-Xfrontend", "-disable-concrete-type-metadata-mangled-name-accessors"], release),
    ]
let cSettings: [CSetting] = [
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-std=c11", "-fvisibility=hidden", "-Wall", "-Wextra", "-fstack-protector-strong"]),
    // Checked copies need the optimiser.
    .define("_FORTIFY_SOURCE", to: "2", release),
]
let productFlags: [LinkerSetting] = [
    .unsafeFlags(["-use-ld=lld"]),
    // Everything that the loader writes is read-only before the first instruction of ours runs (scripts/check-hardening).
    .unsafeFlags(["-Xlinker", "-z", "-Xlinker", "now"]),
    .unsafeFlags(
        ["-static-stdlib", "-Xlinker", "--gc-sections", "-Xlinker", "--icf=all", "-Xlinker", "--no-export-dynamic", "-Xlinker", "-s"],
        release),
    // The same bytes from whatever folder.
    .unsafeFlags(["-Xlinker", "\(Context.packageDirectory)/packaging/reproducible.ld"], release),
]
// What ArgumentParser imports, found by hand: its own modules are not compiled with -static-stdlib.
let argumentParserFlags: [LinkerSetting] = [
    .unsafeFlags(
        ["-lFoundationEssentials", "-l_FoundationCollections", "-l_FoundationCShims", "-lswiftSynchronization"], release)
]
let pluginFlags: [LinkerSetting] =
    productFlags + [
        .unsafeFlags([
            "-Xlinker", "--version-script=\(Context.packageDirectory)/Plugins/plugin.map",
            "-Xlinker", "-z", "-Xlinker", "nodelete",
        ]),
        // Not in debug builds: there a sanitizer's runtime comes from the executable.
        .unsafeFlags(["-Xlinker", "-z", "-Xlinker", "defs"], release),
    ]
// The framework as a C library, for pullers in any language: see docs/embedding.md.
// In release builds only: tests link the same target, and a script that hides everything else hides a sanitizer from the threads it watches.
let embeddingFlags: [LinkerSetting] =
    productFlags + [
        .unsafeFlags(
            [
                "-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/TabardLibrary/libtabard.map",
                "-Xlinker", "-soname=libtabard.so.1", "-Xlinker", "-z", "-Xlinker", "nodelete",
            ], release),
        .unsafeFlags(["-Xlinker", "-z", "-Xlinker", "defs"], release),
    ]
// A plugin that tests open finds the thread sanitizer's runtime in the test binary.
let testFlags: [LinkerSetting] = [.unsafeFlags(["-use-ld=lld", "-Xlinker", "--export-dynamic-symbol=__tsan_*"])]

/// A Swift library of this package: its folder is `Sources/<name>` unless said otherwise.
func library(
    _ name: String, _ dependencies: [String] = [], path: String? = nil, settings: [SwiftSetting] = lightSettings
) -> Target {
    .target(
        name: name, dependencies: dependencies.map { .init(stringLiteral: $0) },
        path: path ?? "Sources/\(name)", swiftSettings: settings)
}
func clibrary(_ name: String, _ flags: [String] = [], _ dependencies: [String] = []) -> Target {
    .target(
        name: name, dependencies: dependencies.map { .init(stringLiteral: $0) }, path: "Sources/\(name)",
        cSettings: cSettings + (flags.isEmpty ? [] : [.unsafeFlags(flags)]))
}
func executable(
    _ name: String, _ dependencies: [Target.Dependency], settings: [SwiftSetting] = lightSettings, flags: [LinkerSetting] = []
) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: "Sources/\(name)",
        swiftSettings: settings, linkerSettings: productFlags + flags)
}
func plugin(_ cloud: String, logic: String, entry: String, _ dependencies: [String]) -> [Target] {
    [
        library(logic, dependencies, path: "Plugins/\(cloud)/Logic"),
        .target(
            name: entry, dependencies: [.init(stringLiteral: logic), "TabardPluginKit", "CTabard"],
            path: "Plugins/\(cloud)/Entry", swiftSettings: lightSettings, linkerSettings: pluginFlags),
    ]
}
func tests(_ name: String, _ dependencies: [String]) -> Target {
    .testTarget(
        name: name, dependencies: (dependencies + ["TabardTestSupport"]).map { .init(stringLiteral: $0) },
        path: "Tests/\(name)", swiftSettings: swiftSettings, linkerSettings: testFlags)
}

/// What the logic of every plugin may use.
let pluginLogic = ["TabardPluginKit", "TabardCore", "TabardJSON", "TabardCrypto", "TabardSigning", "TabardSystem"]

let package = Package(
    name: "tabard",
    products: [
        // What plugins of others link: see docs/writing-a-plugin.md.
        .library(name: "TabardPluginKit", targets: ["TabardPluginKit", "TabardCore", "CTabard"]),
        // What pullers of others link: see Tests/Consumer.
        .library(
            name: "TabardHost",
            targets: ["TabardHost", "TabardCore", "TabardSystem", "TabardHTTP", "TabardKeyring", "TabardCache", "TabardConfig"]),
        .library(name: "tabard-gce", type: .dynamic, targets: ["TabardGCEEntry"]),
        .library(name: "tabard-ecr", type: .dynamic, targets: ["TabardECREntry"]),
        .library(name: "tabard-acr", type: .dynamic, targets: ["TabardACREntry"]),
        // Installed as libtabard.so.1: an executable has the name tabard.
        .library(name: "tabard-host", type: .dynamic, targets: ["TabardLibrary"]),
        .executable(name: "provider-exec", targets: ["provider-exec"]),
        .executable(name: "docker-credential-tabard", targets: ["docker-credential-tabard"]),
        .executable(name: "tabard", targets: ["tabard"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
    ],
    targets: [
        // Layer 0: C.
        clibrary("CTabard"),
        clibrary("CTabardHost", [], ["CTabard"]),
        clibrary("CTabardSystem"),
        clibrary("CTabardClosure"),
        clibrary("CTabardCurl", [], ["CTabardClosure"]),
        clibrary("CTabardOpenSSL", [], ["CTabardClosure"]),
        // Optimised in debug builds too: tests hash whole images.
        clibrary("CTabardDigest", ["-O2"]),
        clibrary("CTabardRSA", [], ["CTabardClosure"]),
        // From its archive: what reads no YAML has nothing of it, and no node needs the library.
        .target(
            name: "CTabardYAML", path: "Sources/CTabardYAML", cSettings: cSettings,
            linkerSettings: [.unsafeFlags(["-Xlinker", "-l:libyaml.a"])]),
        // Layer 1: what everybody speaks.
        library("TabardSystem", ["CTabardSystem"]),
        library("TabardCore"),
        library("TabardJSON", ["TabardCore"]),
        // Layer 2: one topic each.
        library("TabardCrypto", ["TabardCore", "CTabardDigest", "CTabardRSA"]),
        library("TabardSigning", ["TabardCore", "TabardJSON", "TabardCrypto"]),
        library("TabardHTTP", ["TabardCore", "TabardSystem", "CTabardClosure", "CTabardCurl", "CTabardOpenSSL"]),
        library("TabardYAML", ["TabardCore", "TabardJSON", "CTabardYAML"]),
        library("TabardKeyring", ["TabardCore", "TabardJSON", "TabardSystem"]),
        library("TabardCache", ["TabardCore", "TabardSystem", "TabardCrypto"]),
        library("TabardExec", ["TabardCore", "TabardJSON"]),
        library("TabardConfig", ["TabardCore", "TabardJSON", "TabardSystem"]),
        library("TabardAgentProtocol", ["TabardCore", "TabardJSON", "TabardSystem", "TabardCrypto"]),
        library("TabardPullRecords", ["TabardCore", "TabardJSON", "TabardSystem", "TabardCrypto"]),
        library("TabardPluginKit", ["CTabard", "TabardCore", "TabardSystem"]),
        // Layer 3: the pieces put together.
        library(
            "TabardHost",
            [
                "CTabard", "TabardSystem", "TabardCore", "TabardJSON", "TabardHTTP", "TabardKeyring", "TabardCache", "TabardExec",
                "TabardConfig",
            ]),
        library(
            "TabardRegistry", ["TabardSystem", "TabardCore", "TabardJSON", "TabardCrypto", "TabardHTTP", "TabardPullRecords"]),
        library("TabardKubernetes", ["TabardCore", "TabardJSON", "TabardYAML", "TabardKeyring", "TabardRegistry"]),
    ]
        // Layer 4: what the doors share.
        + [
            library(
                "TabardCommand",
                [
                    "TabardCore", "TabardSystem", "TabardJSON", "TabardHTTP", "TabardCache", "TabardConfig", "TabardAgentProtocol",
                    "TabardHost",
                ]),
            library(
                "TabardAgent",
                [
                    "TabardSystem", "TabardCore", "TabardJSON", "TabardExec", "TabardCache", "TabardHost", "TabardAgentProtocol",
                ]),
            library(
                "TabardExecPlugins",
                ["TabardCore", "TabardSystem", "TabardJSON", "TabardYAML", "TabardKeyring", "TabardExec", "TabardConfig", "TabardHost"]),
            library(
                "TabardDoctor",
                [
                    "TabardCore", "TabardSystem", "TabardJSON", "TabardHTTP", "TabardKeyring", "TabardExec", "TabardConfig", "TabardHost",
                    "TabardExecPlugins",
                ]),
            library(
                "TabardConformance",
                ["CTabard", "CTabardSystem", "TabardCore", "TabardSystem", "TabardJSON", "TabardConfig", "TabardHTTP", "TabardHost"],
                settings: swiftSettings),
        ]
        // Layers 3 and 4: the plugins.
        + plugin("GCE", logic: "TabardGCE", entry: "TabardGCEEntry", pluginLogic)
        + plugin("ECR", logic: "TabardECR", entry: "TabardECREntry", pluginLogic)
        + plugin("ACR", logic: "TabardACR", entry: "TabardACREntry", pluginLogic)
        + [
            // Layer 5: the doors.
            .target(
                name: "TabardLibrary",
                dependencies: [
                    "CTabard", "CTabardHost", "TabardCore", "TabardSystem", "TabardHTTP", "TabardKeyring", "TabardCache", "TabardConfig",
                    "TabardHost", "TabardExecPlugins",
                ],
                path: "Sources/TabardLibrary", exclude: ["libtabard.map"], swiftSettings: lightSettings, linkerSettings: embeddingFlags),
            executable(
                "provider-exec",
                [
                    "TabardCore", "TabardSystem", "TabardJSON", "TabardExec", "TabardConfig", "TabardAgentProtocol",
                    "TabardHost", "TabardCommand",
                ]),
            executable(
                "docker-credential-tabard",
                [
                    "TabardCore", "TabardSystem", "TabardKeyring", "TabardConfig", "TabardAgentProtocol",
                    "TabardHost", "TabardCommand", "TabardExecPlugins",
                ]),
            executable(
                "tabard",
                [
                    "TabardCore", "TabardSystem", "TabardJSON", "TabardHTTP", "TabardKeyring", "TabardCache", "TabardConfig",
                    "TabardHost", "TabardPullRecords", "TabardRegistry", "TabardKubernetes", "TabardCommand", "TabardConformance",
                    "TabardExecPlugins", "TabardDoctor", "TabardAgentProtocol", "TabardAgent",
                    .product(name: "ArgumentParser", package: "swift-argument-parser"),
                ], settings: swiftSettings, flags: argumentParserFlags),
            // Tests.
            .target(
                name: "TabardTestSupport", dependencies: ["TabardSystem", "TabardJSON"], path: "Tests/Support",
                swiftSettings: swiftSettings),
            .target(
                name: "TabardPluginTestSupport", dependencies: ["TabardCore", "TabardSystem", "TabardHTTP", "TabardPluginKit"],
                path: "Tests/PluginSupport", swiftSettings: swiftSettings),
            tests("TabardCoreTests", ["TabardCore", "TabardJSON"]),
            tests("TabardSystemTests", ["TabardSystem"]),
            tests("TabardJSONTests", ["TabardCore", "TabardSystem", "TabardJSON"]),
            tests("TabardCryptoTests", ["TabardCore", "TabardSystem", "TabardCrypto"]),
            tests("TabardSigningTests", ["TabardCore", "TabardJSON", "TabardCrypto", "TabardSigning"]),
            tests("TabardHTTPTests", ["TabardCore", "TabardSystem", "TabardJSON", "TabardHTTP"]),
            tests("TabardYAMLTests", ["TabardCore", "TabardJSON", "TabardYAML"]),
            tests("TabardKeyringTests", ["TabardCore", "TabardJSON", "TabardSystem", "TabardKeyring"]),
            tests(
                "TabardKubernetesTests",
                ["TabardCore", "TabardJSON", "TabardKeyring", "TabardRegistry", "TabardKubernetes"]),
            tests("TabardCacheTests", ["TabardCore", "TabardSystem", "TabardJSON", "TabardCache"]),
            .target(
                name: "TabardSimulation", dependencies: ["TabardCore", "TabardCache", "TabardAgentProtocol"], path: "Tests/Simulation",
                swiftSettings: swiftSettings),
            .executableTarget(
                name: "tabard-simulation", dependencies: ["TabardCore", "TabardCache", "TabardSimulation"], path: "Tests/SimulationRun",
                swiftSettings: swiftSettings,
                linkerSettings: productFlags),
            tests("SimulationTests", ["TabardSimulation"]),
            tests("TabardPullRecordsTests", ["TabardCore", "TabardJSON", "TabardSystem", "TabardPullRecords"]),
            tests("TabardExecTests", ["TabardCore", "TabardJSON", "TabardExec"]),
            tests("TabardConfigTests", ["TabardCore", "TabardJSON", "TabardSystem", "TabardConfig"]),
            tests("TabardPluginKitTests", ["CTabard", "TabardCore", "TabardSystem", "TabardJSON", "TabardPluginKit"]),
            tests(
                "TabardHostTests",
                [
                    "CTabard", "TabardCore", "TabardSystem", "TabardJSON", "TabardHTTP", "TabardConfig", "TabardExec", "TabardKeyring",
                    "TabardCache",
                    "TabardHost", "TabardKubernetes",
                ]),
            tests(
                "TabardLibraryTests", ["CTabard", "CTabardHost", "TabardSystem", "TabardJSON", "TabardLibrary"]),
            tests(
                "TabardExecPluginsTests",
                ["TabardCore", "TabardSystem", "TabardJSON", "TabardExec", "TabardConfig", "TabardHost", "TabardHTTP", "TabardExecPlugins"]),
            tests(
                "TabardDoctorTests",
                [
                    "TabardCore", "TabardJSON", "TabardConfig", "TabardHost", "TabardDoctor",
                ]),
            tests("TabardAgentProtocolTests", ["TabardCore", "TabardSystem", "TabardJSON", "TabardAgentProtocol"]),
            tests(
                "TabardAgentTests",
                ["TabardCore", "TabardSystem", "TabardCache", "TabardAgentProtocol", "TabardAgent"]),
            tests("TabardConformanceTests", ["TabardCore", "TabardSystem", "TabardJSON", "TabardConformance"]),
            tests("TabardCommandTests", ["TabardCore", "TabardSystem", "TabardCommand"]),
            tests(
                "TabardRegistryTests",
                ["TabardCore", "TabardSystem", "TabardJSON", "TabardHTTP", "TabardPullRecords", "TabardRegistry"]),
            tests(
                "TabardGCETests",
                ["TabardCore", "TabardJSON", "TabardSystem", "TabardPluginKit", "TabardPluginTestSupport", "TabardGCE"]),
            tests(
                "TabardECRTests",
                [
                    "TabardCore", "TabardJSON", "TabardSystem", "TabardSigning", "TabardPluginKit", "TabardPluginTestSupport", "TabardECR",
                ]),
            tests(
                "TabardACRTests",
                ["TabardCore", "TabardJSON", "TabardSystem", "TabardPluginKit", "TabardPluginTestSupport", "TabardACR"]),
            tests("EndToEndTests", ["TabardCore", "TabardSystem", "TabardJSON", "TabardAgentProtocol"]),
        ],
    swiftLanguageModes: [.v6]
)

// Sanitizers compile everything anew, so they leave out what they do not run: scripts/test-sanitizer.
if let tests = Context.environment["TABARD_ONLY_TESTS"]?.split(separator: ",").map(String.init) {
    package.products.removeAll { $0 is Product.Executable }
    package.targets.removeAll { $0.type == .executable || ($0.type == .test && !tests.contains($0.name)) }
}
