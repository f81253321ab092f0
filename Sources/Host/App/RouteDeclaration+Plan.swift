import HostCore
import HostManifest
import PluginKit

extension RouteDeclaration {
    /// Returns the plan over the providers that are there, for instruments of a table; `nil` without any.
    func plan(
        _ providers: [InstanceDeclaration], _ slots: [String: ProviderSlot], _ instruments: InstrumentTable
    ) -> RoutePlan? {
        let members = providers.compactMap { provider in
            slots[provider.id].map {
                RoutePlan.Member(
                    $0, fetches: provider.descriptor.provider?.fetches ?? [], isLastResort: provider.id == lastResort)
            }
        }
        guard !members.isEmpty else { return nil }
        let reference = consent.reference.flatMap { slots[$0] }.map { RoutePlan.Reference($0, every: consent.every) }
        return RoutePlan(
            id: id, members: members, rules: rules(isShared: members.count > 1 || reference != nil, instruments),
            reference: reference)
    }

    private func rules(isShared: Bool, _ instruments: InstrumentTable) -> RouteRules {
        RouteRules(
            deadline: deadline ?? (isShared ? .seconds(10) : nil), budget: budget ?? (isShared ? .seconds(30) : nil),
            hedge: hedge, acceptedAge: maxAge.map { Int64($0 / .nanoseconds(1)) },
            acceptedMissing: acceptedMissing, quality: prices.rules(instruments),
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
    /// What the quality stage accepts of the instruments of a table.
    func rules(_ instruments: InstrumentTable) -> QualityRules {
        let own = venues.isEmpty ? [] : instruments.all.map { (venues[$0.venue] ?? common).rules }
        return QualityRules(
            common.rules, own: own, hasAnySign: hasAnySign, missing: MissingBars(rawValue: missing) ?? .leave)
    }
}

extension AcceptedPrices.Thresholds {
    fileprivate var rules: QualityRules.Thresholds {
        QualityRules.Thresholds(
            maxJump: maxJump, maxMove: maxMove,
            gaps: Dictionary(
                uniqueKeysWithValues: gaps.compactMap { kind, span in
                    EventKind(rawValue: kind).map { ($0, Int64(span / .nanoseconds(1))) }
                }))
    }
}
