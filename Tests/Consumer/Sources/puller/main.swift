import TabardCache
import TabardCore
import TabardHost
import TabardSystem

let clocks = SystemClocks()
let house = HouseProvider(patterns: [try ImagePattern("registry.example.com")])
let resolver = CredentialResolver(
    registry: ProviderRegistry([house], log: .silent), cache: CredentialCache(clocks: clocks, log: .silent), isOneShot: true, log: .silent)
for name in ["registry.example.com/team/app:1", "elsewhere.example.com/app:1"] {
    let resolution = resolver.resolve(
        ProviderRequest(image: try ImageReference(name)), until: clocks.monotonicNanoseconds + 60_000_000_000)
    print(name, resolution.entries.map { "\($0.username) \($0.password)" })
}
