import HostCore
import HostManifest
import PluginKit

extension RouteDeclaration {
    /// Returns the plan over the providers that are there; `nil` without any.
    func plan(_ providers: [InstanceDeclaration], _ slots: [String: ProviderSlot]) -> RoutePlan? {
        let members = providers.compactMap { provider in
            slots[provider.id].map {
                RoutePlan.Member(
                    $0, fetches: provider.descriptor.provider?.fetches ?? [], isLastResort: provider.id == lastResort)
            }
        }
        guard !members.isEmpty else { return nil }
        let reference = consent.reference.flatMap { slots[$0] }.map { RoutePlan.Reference($0, every: consent.every) }
        return RoutePlan(
            id: id, members: members, rules: rules(isShared: members.count > 1 || reference != nil),
            reference: reference)
    }

    private func rules(isShared: Bool) -> RouteRules {
        RouteRules(
            deadline: deadline ?? (isShared ? .seconds(10) : nil), budget: budget ?? (isShared ? .seconds(30) : nil),
            hedge: hedge, acceptedAge: maxAge.map { Int64($0 / .nanoseconds(1)) },
            acceptedMissing: acceptedMissing, quality: prices.rules,
            strategy: RouteStrategy(rawValue: consent.strategy) ?? .firstGood,
            fields: Dictionary(
                uniqueKeysWithValues: consent.fields.compactMap { name, provider in
                    EventField(rawValue: name).map { ($0, provider) }
                }),
            agreement: RouteAgreement(
                tolerance: consent.tolerance, policy: ConflictPolicy(rawValue: consent.conflict) ?? .majority))
    }
}

extension AcceptedPrices {
    /// What the quality stage accepts.
    var rules: QualityRules {
        QualityRules(
            maxJump: maxJump, hasAnySign: hasAnySign, maxMove: maxMove,
            missing: MissingBars(rawValue: missing) ?? .leave,
            gaps: Dictionary(
                uniqueKeysWithValues: gaps.compactMap { kind, span in
                    EventKind(rawValue: kind).map { ($0, Int64(span / .nanoseconds(1))) }
                }))
    }
}
