import PluginKit

/// What is known of one instrument of a session while its bars pass: the rules of the day, its last closes.
struct MarketPlace: Sendable {
    let member: StrategyPlan.Member
    /// Every day on which a rule of the venue changes.
    private let changes: [Int32]
    /// The venue's day of the last bar.
    private(set) var day = Int32.min
    private(set) var rules: DayRules
    /// First day on which the rules may be others.
    private var validUntil = Int32.min
    /// The last close of the day before; NaN where there is none.
    private var reference = Double.nan
    /// The last close; NaN before the first.
    private(set) var close = Double.nan
    /// The band of the day; `nil` where there is none.
    private(set) var band: (low: Fixed, high: Fixed)?
    private var daysListed = Int.max
    /// The newest signal, and the step it came at.
    var signal = Double.nan
    var step = -1
    /// The bar of the step.
    var bar = 0

    init(_ member: StrategyPlan.Member) {
        self.member = member
        let rules = member.rules
        changes = Set(
            rules.lot.entries.map(\.from) + rules.holdsOverNight.entries.map(\.from) + rules.limit.entries.map(\.from)
                + rules.auctions.entries.map(\.from) + rules.fees.flatMap { $0.rate.entries.map(\.from) }
        ).sorted()
        self.rules = rules.day(.min)
    }

    /// Takes the day of the next bar, before anything is filled at it.
    @inline(__always)
    mutating func begin(_ bar: Bar, isAdjusted: Bool) {
        let today = TradingDay.day(of: bar.time, offset: member.rules.offset)
        if today != day { roll(to: today, isAdjusted) }
        if band != nil { check(bar) }
    }

    /// Takes the close of a bar.
    @inline(__always)
    mutating func end(_ bar: Bar) { close = bar.close }

    private mutating func roll(to today: Int32, _ isAdjusted: Bool) {
        if let listed = member.listed {
            if daysListed == .max { daysListed = day == .min && today <= listed ? 0 : 1_000_000 }
            daysListed += 1
        }
        reference = close
        day = today
        if today >= validUntil {
            rules = member.rules.day(today)
            validUntil = changes.first { $0 > today } ?? .max
        }
        guard rules.limit != nil, let reference = Fixed(reference) else {
            band = nil
            return
        }
        band = rules.band(after: reference, isWarned: isWarned, daysListed: daysListed, isAdjusted: isAdjusted)
    }

    private var isWarned: Bool { !member.warned.isEmpty && member.warned.contains { $0.contains(day) } }

    /// Prices that could not be say that the limit is counted from another close: there is none that is known.
    private mutating func check(_ bar: Bar) {
        guard let reference = Fixed(reference), let low = Fixed(bar.low), let high = Fixed(bar.high) else { return }
        if rules.isBeyond(low, high, after: reference, isWarned: isWarned) { band = nil }
    }

    /// Returns a bar as execution sees it.
    func execution(_ bar: Bar, span: Int64) -> ExecutionBar? {
        guard var seen = ExecutionBar(bar, day: day, band: band) else { return nil }
        if let closing = rules.auctions?.closing, span < 43_200_000_000_000 {
            let end = bar.time / 1_000_000_000 + member.rules.offset
            let begin = Int((end - span / 1_000_000_000).flooredRemainder(86_400))
            seen.isAuction = closing.contains(begin)
        }
        return seen
    }
}
