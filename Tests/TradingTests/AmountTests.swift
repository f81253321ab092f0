import HostTrading
import Testing

/// Whole units: sums are exact, and what 64 bits do not hold is the most they do.
@Suite struct AmountTests {
    @Test func amountsAreRoundedToTheNearestUnit() throws {
        #expect(try Money(Fixed(3), at: #require(Fixed(0.33333))) == Money(units: 10_000))
        #expect(Money(Fixed(-2), at: Fixed(raw: 12_345_678)) == Money(units: -2_469))
        #expect(Fixed(Int64.max) == Fixed(raw: .max) && Fixed(Double.nan) == nil && Fixed(1e11) == nil)
        #expect(Money(Double.infinity) == nil && Money(1.23456) == Money(units: 12_346))
        #expect(Money(Fixed(raw: .max), at: Fixed(raw: .max)) == Money(units: .max))
        #expect(Money(units: .max) + .cent == Money(units: .max) && Money(units: -.max) - .cent == Money(units: -.max))
    }

    @Test func daysAreCutAtTheVenuesMidnight() throws {
        let evening = 1_704_124_800_000_000_000 as Int64  // 2024-01-01 16:00 UTC: midnight in Shanghai
        #expect(TradingDay.day(of: evening, offset: 28_800) == TradingDay.days("2024-01-02"))
        #expect(TradingDay.day(of: evening - 1, offset: 28_800) == TradingDay.days("2024-01-01"))
        #expect(TradingDay.day(of: -1, offset: 0) == -1 && TradingDay.days("2024-02-30") == nil)
        #expect(try TradingDay.text(#require(TradingDay.days("1997-05-12"))) == "1997-05-12")
    }

    @Test func everyRuleSaysWhereItIsWritten() {
        let all =
            Board.allCases.map { VenueRules.mainland($0) } + [
                .hongKong(lot: 100), .unitedStates(fractions: true), .crypto,
            ]
        for rules in all {
            let sources =
                rules.lot.entries.map(\.source) + rules.limit.entries.map(\.source)
                + rules.holdsOverNight.entries.map(\.source)
                + rules.fees.flatMap { $0.rate.entries.map(\.source) }
            #expect(sources.allSatisfy { $0.count > 5 }, "\(rules.name)")
            for fee in rules.fees { #expect(fee.rate.entries.map(\.from) == fee.rate.entries.map(\.from).sorted()) }
        }
    }

    @Test func whatIsSetTakesThePlaceOfWhatIsUsual() throws {
        let rules = VenueRules.mainland(.main).with(commission: Fee.Rate(0.0001), lot: .lots(10))
        let day = rules.day(try #require(TradingDay.days("2024-01-05")))
        #expect(day.fees(.buy, Fixed(10), worth: Money(units: 1_000_000)).commission == .cent)
        #expect(day.lot.allowsBuying(Fixed(10)) && !day.lot.allowsBuying(Fixed(15)))
        #expect(
            VenueRules.free(commission: 0.0003).day(0).fees(.sell, Fixed(1), worth: Money(units: 10_000)).total
                == Money(units: 3))
    }
}
