import PluginKit

/// Reads what prices a route accepts, and which gaps it tells; reports what would do nothing.
struct PriceReader {
    /// The entries.
    let index: DraftIndex
    /// The route.
    let draft: Draft

    /// Returns it; each venue has what the route has where it says nothing else.
    func prices() -> AcceptedPrices {
        let common = AcceptedPrices.Thresholds(
            maxJump: draft.setting("accept", "max_jump"), maxMove: draft.setting("accept", "max_move"),
            gaps: gaps(of: draft.setting))
        var prices = AcceptedPrices(common: common)
        prices.hasAnySign = draft.setting["accept"]?["prices"]?.text == "any"
        prices.missing = draft.setting("missing")
        if prices.hasAnySign { checkJump(draft.setting, "accept.max_jump") }
        for child in draft.setting["venues"]?.children ?? [] {
            guard let venue = venue(child) else { continue }
            prices.venues[venue] = thresholds(child.setting, beside: common)
            if prices.hasAnySign { checkJump(child.setting, "venues.\(child.name).accept.max_jump") }
        }
        return prices
    }

    private func thresholds(_ own: Setting, beside common: AcceptedPrices.Thresholds) -> AcceptedPrices.Thresholds {
        AcceptedPrices.Thresholds(
            maxJump: own["accept"]?["max_jump"]?.number ?? common.maxJump,
            maxMove: own["accept"]?["max_move"]?.number ?? common.maxMove,
            gaps: common.gaps.merging(gaps(of: own)) { $1 })
    }

    private func gaps(of setting: Setting) -> [String: Duration] {
        EventKind.allCases.reduce(into: [:]) { $0[$1.rawValue] = setting["gap"]?[$1.rawValue]?.duration }
    }

    /// Returns the canonical name of a venue; reports one at which no declared instrument trades.
    private func venue(_ child: Setting.Child) -> String? {
        // A code that every venue takes: what is wanted is how the venue is written.
        let name = (try? Instrument(parsing: "000001.\(child.name)"))?.venue ?? child.name.uppercased()
        let groups = index.drafts[.instruments]
        let known = Set(groups.flatMap(InstrumentReader.instruments).map(\.venue))
        guard !groups.isEmpty, !known.contains(name) else { return name }
        index.diagnosis.fault(
            at: child.setting.location ?? draft.keySpan,
            "\(draft.who): 'venues' has \(quoted(child.name)), and no instrument of the manifest trades there.",
            hint: "Name one of \(known.sorted().joined(separator: ", ")), or remove it.")
        return nil
    }

    /// Reports a `max_jump` that is written beside `prices: any`, where it would do nothing.
    private func checkJump(_ setting: Setting, _ path: String) {
        guard let place = setting["accept"]?["max_jump"]?.location else { return }
        index.diagnosis.fault(
            at: place,
            "\(draft.who): '\(path)' means nothing beside 'accept.prices: any', because near zero no price is compared with the "
                + "one before.",
            hint: "Remove one of them.")
    }
}
