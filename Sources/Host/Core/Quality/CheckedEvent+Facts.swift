package import PluginKit

extension Figure: CheckedEvent {
    package var price: Double { .nan }
    package static var hasIdentity: Bool { true }

    package func fault(_ rules: QualityRules) -> QualityReason? {
        guard value.isFinite else { return .nonFinite }
        guard EventTimes.possible.contains(periodEnd) else { return .impossibleTime }
        return time < periodEnd ? .publishedEarly : nil
    }

    package func order(after last: Figure) -> QualityReason? {
        if time < last.time { return .outOfOrder }
        guard time == last.time, name == last.name, periodEnd == last.periodEnd else { return nil }
        return value == last.value ? .duplicate : .conflictingDuplicate
    }

    package func message(_ reason: QualityReason) -> String {
        "\(name) was published before the period it is about had ended; correct the date of publication."
    }

    package var text: String { "time=\(time) period_end=\(periodEnd) \(name)=\(value)" }
}

extension Factor: CheckedEvent {
    package var price: Double { .nan }
    package static var hasIdentity: Bool { true }

    package func fault(_ rules: QualityRules) -> QualityReason? {
        guard (ratio + cash + rights + rightsPrice).isFinite else { return .nonFinite }
        guard EventTimes.possible.contains(announced) else { return .impossibleTime }
        guard ratio > 0, cash >= 0, rights >= 0, rightsPrice >= 0 else { return .impossibleFactor }
        return ratio == 1 && cash == 0 && rights == 0 ? .impossibleFactor : nil
    }

    /// A split and a dividend of one day may come apart; the same thing twice is refused.
    package func order(after last: Factor) -> QualityReason? {
        guard time <= last.time else { return nil }
        if time < last.time { return .outOfOrder }
        if (ratio, cash, rights) == (last.ratio, last.cash, last.rights) { return .duplicate }
        let isTwice =
            (ratio != 1 && last.ratio != 1) || (cash != 0 && last.cash != 0) || (rights != 0 && last.rights != 0)
        return isTwice ? .conflictingDuplicate : nil
    }

    package func message(_ reason: QualityReason) -> String {
        "ratio \(ratio), cash \(cash), rights \(rights) at \(rightsPrice) change nothing or cannot be; allowed are a ratio above "
            + "0 and amounts of 0 or more."
    }

    package var text: String {
        "time=\(time) announced=\(announced) ratio=\(ratio) cash=\(cash) rights=\(rights) rights_price=\(rightsPrice)"
    }
}
