import TabardCore

extension TabardConfiguration {
    /// The ids of the providers that this configuration and another one tell something different: what they answered before does not hold.
    public func providersConfiguredOtherwise(than other: TabardConfiguration) -> Set<String> {
        Set(providers.keys).union(other.providers.keys).filter { id in
            switch (providers[id], other.providers[id]) {
            case (let mine?, let theirs?): !mine.isSame(as: theirs)
            default: true
            }
        }
    }
}

extension ProviderConfiguration {
    fileprivate func isSame(as other: ProviderConfiguration) -> Bool {
        isIsolated == other.isIsolated && matchImages.map(\.text) == other.matchImages.map(\.text)
            && settings.map { [$0.key, $0.value] } == other.settings.map { [$0.key, $0.value] }
    }
}
