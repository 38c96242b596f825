// swift-tools-version: 6.2
import PackageDescription

// What others write who depend on a release of Tabard: scripts/check-consumer makes one, at the address that it puts here.
let package = Package(
    name: "consumer",
    dependencies: [.package(url: Context.environment["TABARD_RELEASE"] ?? "https://example.invalid/tabard", exact: "0.1.0")],
    targets: [
        .target(name: "provider", dependencies: [.product(name: "TabardPluginKit", package: "tabard")]),
        .executableTarget(name: "puller", dependencies: [.product(name: "TabardHost", package: "tabard")]),
    ],
    swiftLanguageModes: [.v6]
)
