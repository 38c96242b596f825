// swift-tools-version: 6.2
import PackageDescription

let release = BuildSettingCondition.when(configuration: .release)

let package = Package(
    name: "token-service",
    products: [
        .library(name: "tabard-token-service", type: .dynamic, targets: ["TokenServiceEntry"])
    ],
    dependencies: [
        .package(name: "tabard", path: "../..")
    ],
    targets: [
        // What the provider does: a library, so that tests can link it.
        .target(
            name: "TokenService", dependencies: [.product(name: "TabardPluginKit", package: "tabard")],
            swiftSettings: [.unsafeFlags(["-static-stdlib"], release)]),
        // The one exported function, which only the plugin links.
        .target(
            name: "TokenServiceEntry", dependencies: ["TokenService", .product(name: "TabardPluginKit", package: "tabard")],
            swiftSettings: [.unsafeFlags(["-static-stdlib"], release)],
            linkerSettings: [
                .unsafeFlags([
                    "-use-ld=lld", "-Xlinker", "--version-script=\(Context.packageDirectory)/plugin.map",
                    "-Xlinker", "-z", "-Xlinker", "now", "-Xlinker", "-z", "-Xlinker", "nodelete",
                ]),
                // A Swift runtime of the plugin's own, hidden: the node needs none, and no other plugin's can clash with it.
                .unsafeFlags(["-static-stdlib", "-Xlinker", "--gc-sections", "-Xlinker", "-s"], release),
            ]),
        .testTarget(
            name: "TokenServiceTests", dependencies: ["TokenService", .product(name: "TabardPluginKit", package: "tabard")]),
    ],
    swiftLanguageModes: [.v6]
)
