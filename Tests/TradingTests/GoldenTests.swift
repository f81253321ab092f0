import HostTrading
import Testing

/// The golden table of orders: what other engines fill and a venue does not, and what each costs on its day.
@Suite struct GoldenTests {
    @Test(arguments: mainland + limits + volume) func ordersInShanghaiAndShenzhen(_ golden: GoldenCase) throws {
        #expect(try golden.run() == golden.outcome)
    }

    @Test(arguments: boards + abroad + fees) func ordersElsewhereAndWhatTheyCost(_ golden: GoldenCase) throws {
        #expect(try golden.run() == golden.outcome)
    }

    @Test func theTableHasSixtyCases() {
        let all = Self.mainland + Self.limits + Self.volume + Self.boards + Self.abroad + Self.fees
        #expect(all.count >= 60 && Set(all.map(\.testDescription)).count == all.count)
    }

    private static let main = "600000.SH"
    private static let star = "688001.SH"
    private static let next = "300059.SZ"
    private static let north = "830799.BJ"

    /// T+1 and lots.
    static let mainland: [GoldenCase] = [
        GoldenCase("same-day sale", main, "2024-01-05", .sell, 100, .refused(.heldOverNight)) {
            ($0.held, $0.today) = (100, 100)
        },
        GoldenCase("sale the day after", main, "2024-01-05", .sell, 100, .fill(100, 10, fees: 5.51)) { $0.held = 100 },
        GoldenCase("sale of what is older alone", main, "2024-01-05", .sell, 200, .fill(200, 10, fees: 6.02)) {
            ($0.held, $0.today) = (500, 300)
        },
        GoldenCase("sale of more than is older", main, "2024-01-05", .sell, 300, .refused(.heldOverNight)) {
            ($0.held, $0.today) = (500, 300)
        },
        GoldenCase("same-day sale before T+1 came", main, "1994-06-01", .sell, 100, .fill(100, 10, fees: 5)) {
            ($0.held, $0.today) = (100, 100)
        },
        GoldenCase("sale of nothing", main, "2024-01-05", .sell, 100, .refused(.noShares)),
        GoldenCase("sale of more than is held", main, "2024-01-05", .sell, 300, .refused(.noShares)) { $0.held = 200 },
        GoldenCase("one lot", main, "2024-01-05", .buy, 100, .fill(100, 10, fees: 5.01)),
        GoldenCase("less than a lot", main, "2024-01-05", .buy, 99, .refused(.belowMinimum)),
        GoldenCase("a lot and a half", main, "2024-01-05", .buy, 150, .refused(.oddLot)),
        GoldenCase("odd rest sold at once", main, "2024-01-05", .sell, 50, .fill(50, 10, fees: 5.26)) { $0.held = 250 },
        GoldenCase("a lot with the odd rest", main, "2024-01-05", .sell, 150, .fill(150, 10, fees: 5.77)) {
            $0.held = 250
        },
        GoldenCase("part of the odd rest", main, "2024-01-05", .sell, 30, .refused(.oddLot)) { $0.held = 250 },
        GoldenCase("odd lot without an odd rest", main, "2024-01-05", .sell, 50, .refused(.oddLot)) { $0.held = 200 },
        GoldenCase("everything, odd", main, "2024-01-05", .sell, 37, .fill(37, 10, fees: 5.19)) { $0.held = 37 },
        GoldenCase("no cash for a lot", main, "2024-01-05", .buy, 100, .refused(.noCash)) { $0.cash = 1_000 },
        GoldenCase("cash to the cent", main, "2024-01-05", .buy, 100, .fill(100, 10, fees: 5.01)) {
            $0.cash = 1_005.01
        },
        GoldenCase("cash for two lots of five", main, "2024-01-05", .buy, 500, .fill(200, 10, fees: 5.02)) {
            $0.cash = 2_500
        },
        GoldenCase("an index", "000300.SH", "2024-01-05", .buy, 100, .refused(.notTradable)),
        GoldenCase("an index of Shenzhen", "399001.SZ", "2024-01-05", .buy, 100, .refused(.notTradable)),
    ]

    /// Limits of prices.
    static let limits: [GoldenCase] = [
        GoldenCase("buy in a sealed limit-up bar", main, "2024-01-05", .buy, 100, .refused(.limitUp)) {
            $0.bar = (11, 11, 11, 11)
        },
        GoldenCase("sale in a sealed limit-up bar", main, "2024-01-05", .sell, 100, .fill(100, 11, fees: 5.56)) {
            ($0.bar, $0.held) = ((11, 11, 11, 11), 100)
        },
        GoldenCase("sale in a sealed limit-down bar", main, "2024-01-05", .sell, 100, .refused(.limitDown)) {
            ($0.bar, $0.held) = ((9, 9, 9, 9), 100)
        },
        GoldenCase("buy in a sealed limit-down bar", main, "2024-01-05", .buy, 100, .fill(100, 9, fees: 5.01)) {
            $0.bar = (9, 9, 9, 9)
        },
        GoldenCase("limit-up that opened", main, "2024-01-05", .buy, 100, .fill(100, 11, fees: 5.01)) {
            $0.bar = (11, 11, 10.5, 11)
        },
        GoldenCase("limit-down that opened", main, "2024-01-05", .sell, 100, .fill(100, 9, fees: 5.46)) {
            ($0.bar, $0.held) = ((9, 9.5, 9, 9), 100)
        },
        GoldenCase("a limit is rounded to the cent", main, "2024-01-05", .buy, 100, .refused(.limitUp)) {
            ($0.before, $0.bar) = (10.05, (11.06, 11.06, 11.06, 11.06))
        },
        GoldenCase("a cent below the limit is none", main, "2024-01-05", .buy, 100, .fill(100, 11.05, fees: 5.01)) {
            ($0.before, $0.bar) = (10.05, (11.05, 11.05, 11.05, 11.05))
        },
        GoldenCase("before limits came", main, "1996-12-13", .buy, 100, .fill(100, 11.5, fees: 5)) {
            $0.bar = (11.5, 11.5, 11.5, 11.5)
        },
        GoldenCase("the first day of limits", main, "1996-12-16", .buy, 100, .refused(.limitUp)) {
            $0.bar = (11, 11, 11, 11)
        },
        GoldenCase("5 % under a risk warning", main, "2020-01-06", .buy, 100, .refused(.limitUp)) {
            ($0.bar, $0.isWarned) = ((10.5, 10.5, 10.5, 10.5), true)
        },
        GoldenCase("5 % without one is no limit", main, "2020-01-06", .buy, 100, .fill(100, 10.5, fees: 5.02)) {
            $0.bar = (10.5, 10.5, 10.5, 10.5)
        },
        GoldenCase("no risk warning before 1998", main, "1997-06-02", .buy, 100, .fill(100, 10.5, fees: 10.25)) {
            ($0.bar, $0.isWarned) = ((10.5, 10.5, 10.5, 10.5), true)
        },
        GoldenCase("a limit order beyond the limit", main, "2024-01-05", .buy, 100, .refused(.outsideLimits)) {
            $0.limit = 11.5
        },
        GoldenCase("a limit order at the limit", main, "2024-01-05", .buy, 100, .fill(100, 10, fees: 5.01)) {
            $0.limit = 11
        },
        GoldenCase("fourth day of a listing, main board", main, "2023-05-05", .buy, 100, .fill(100, 13, fees: 5.01)) {
            ($0.bar, $0.daysListed) = ((13, 13, 13, 13), 4)
        },
        GoldenCase("sixth day of a listing, main board", main, "2023-05-05", .buy, 100, .refused(.limitUp)) {
            ($0.bar, $0.daysListed) = ((11, 11, 11, 11), 6)
        },
        GoldenCase("second day before registration came", main, "2023-03-06", .buy, 100, .refused(.limitUp)) {
            ($0.bar, $0.daysListed) = ((11, 11, 11, 11), 2)
        },
        GoldenCase("adjusted prices, sealed", main, "2015-06-05", .buy, 100, .refused(.limitUp)) {
            ($0.before, $0.bar, $0.isAdjusted) = (7.13, (7.84, 7.84, 7.84, 7.84), true)
        },
        GoldenCase("slippage stays within the limit", main, "2024-01-05", .buy, 100, .fill(100, 11, fees: 5.01)) {
            ($0.bar, $0.execution) = ((10.99, 11, 10.5, 11), Execution(participation: 1, spread: 0.01, slippage: 1))
        },
    ]

    /// Suspension, volume, prices.
    static let volume: [GoldenCase] = [
        GoldenCase("an order in a suspended bar", main, "2024-01-05", .buy, 100, .refused(.suspended)) {
            ($0.bar, $0.volume) = ((10, 10, 10, 10), 0)
        },
        GoldenCase("a sale in a suspended bar", main, "2024-01-05", .sell, 100, .refused(.suspended)) {
            ($0.bar, $0.volume, $0.held) = ((10, 10, 10, 10), 0, 100)
        },
        GoldenCase("a tenth of the volume", main, "2024-01-05", .buy, 900_000, .fill(100_000, 10, fees: 260)) {
            ($0.volume, $0.execution) = (1_000_000, Execution(participation: 0.1, spread: 0))
        },
        GoldenCase("a quarter, given explicitly", main, "2024-01-05", .buy, 900_000, .fill(250_000, 10, fees: 650)) {
            ($0.volume, $0.execution) = (1_000_000, Execution(participation: 0.25, spread: 0))
        },
        GoldenCase("a tenth is less than a lot", main, "2024-01-05", .buy, 100, .refused(.noVolume)) {
            ($0.volume, $0.execution) = (900, Execution(participation: 0.1, spread: 0))
        },
        GoldenCase("a sale cut to whole lots", main, "2024-01-05", .sell, 1_000, .fill(200, 10, fees: 6.02)) {
            ($0.volume, $0.held, $0.execution) = (2_500, 1_000, Execution(participation: 0.1, spread: 0))
        },
        GoldenCase("half the spread", main, "2024-01-05", .buy, 1_000, .fill(1_000, 10.01, fees: 5.10)) {
            $0.execution = Execution(participation: 1, spread: 0.002)
        },
        GoldenCase("half the spread of a sale", main, "2024-01-05", .sell, 1_000, .fill(1_000, 9.99, fees: 10.10)) {
            ($0.held, $0.execution) = (1_000, Execution(participation: 1, spread: 0.002))
        },
        GoldenCase("the mean of the bar", main, "2024-01-05", .buy, 100, .fill(100, 10.06666666, fees: 5.01)) {
            $0.execution = Execution(.nextVWAP, participation: 1, spread: 0)
        },
        GoldenCase("a limit that is touched", main, "2024-01-05", .buy, 100, .refused(.notReached)) {
            ($0.limit, $0.bar) = (9.9, (10, 10.2, 9.9, 10.1))
        },
        GoldenCase("a limit that is traded through", main, "2024-01-05", .buy, 100, .fill(100, 9.95, fees: 5.01)) {
            ($0.limit, $0.bar) = (9.95, (10, 10.2, 9.9, 10.1))
        },
        GoldenCase("a limit that the open betters", main, "2024-01-05", .sell, 100, .fill(100, 10, fees: 5.51)) {
            ($0.limit, $0.held) = (9.8, 100)
        },
        GoldenCase("a limit of a sale that is not reached", main, "2024-01-05", .sell, 100, .refused(.notReached)) {
            ($0.limit, $0.held) = (10.3, 100)
        },
    ]

    /// STAR, ChiNext, Beijing, funds.
    static let boards: [GoldenCase] = [
        GoldenCase("STAR: 100 is too few", star, "2024-01-05", .buy, 100, .refused(.belowMinimum)),
        GoldenCase("STAR: 200", star, "2024-01-05", .buy, 200, .fill(200, 10, fees: 5.02)),
        GoldenCase("STAR: 201", star, "2024-01-05", .buy, 201, .fill(201, 10, fees: 5.02)),
        GoldenCase("STAR: 150 of 350", star, "2024-01-05", .sell, 150, .refused(.belowMinimum)) { $0.held = 350 },
        GoldenCase("STAR: the last 150", star, "2024-01-05", .sell, 150, .fill(150, 10, fees: 5.77)) { $0.held = 150 },
        GoldenCase("STAR: 10 % is no limit", star, "2024-01-05", .buy, 200, .fill(200, 11, fees: 5.02)) {
            $0.bar = (11, 11, 11, 11)
        },
        GoldenCase("STAR: 20 %", star, "2024-01-05", .buy, 200, .refused(.limitUp)) { $0.bar = (12, 12, 12, 12) },
        GoldenCase("STAR: fifth day", star, "2019-07-26", .buy, 200, .fill(200, 15, fees: 5.06)) {
            ($0.bar, $0.daysListed) = ((15, 15, 15, 15), 5)
        },
        GoldenCase("ChiNext: 10 % before 2020-08-24", next, "2020-08-21", .buy, 100, .refused(.limitUp)) {
            $0.bar = (11, 11, 11, 11)
        },
        GoldenCase("ChiNext: 10 % after", next, "2020-08-24", .buy, 100, .fill(100, 11, fees: 5.02)) {
            $0.bar = (11, 11, 11, 11)
        },
        GoldenCase("ChiNext: 20 % after", next, "2020-08-24", .buy, 100, .refused(.limitUp)) {
            $0.bar = (12, 12, 12, 12)
        },
        GoldenCase(
            "ChiNext: 20 % under a risk warning too", next, "2021-03-01", .buy, 100, .fill(100, 10.5, fees: 5.02)
        ) {
            ($0.bar, $0.isWarned) = ((10.5, 10.5, 10.5, 10.5), true)
        },
        GoldenCase("Beijing: 101", north, "2024-01-05", .buy, 101, .fill(101, 10, fees: 5.01)),
        GoldenCase("Beijing: 20 % is no limit", north, "2024-01-05", .buy, 100, .fill(100, 12, fees: 5.01)) {
            $0.bar = (12, 12, 12, 12)
        },
        GoldenCase("Beijing: 30 %", north, "2024-01-05", .buy, 100, .refused(.limitUp)) { $0.bar = (13, 13, 13, 13) },
        GoldenCase("a fund pays no stamp duty", "510300.SH", "2024-01-05", .sell, 1_000, .fill(1_000, 10, fees: 5)) {
            $0.held = 1_000
        },
    ]

    /// Hong Kong, the United States, coins.
    static let abroad: [GoldenCase] = [
        GoldenCase("Hong Kong: a board lot", "00700.HK", "2024-01-05", .buy, 100, .fill(100, 300, fees: 52.55)) {
            $0.bar = (300, 302, 299, 301)
        },
        GoldenCase("Hong Kong: half of one", "00700.HK", "2024-01-05", .buy, 50, .refused(.belowMinimum)),
        GoldenCase("Hong Kong: a lot of 500", "00005.HK", "2024-01-05", .buy, 100, .refused(.belowMinimum)) {
            $0.rules = .hongKong(lot: 500)
        },
        GoldenCase(
            "Hong Kong: stamp duty of 0.13 %, up to the dollar", "00700.HK", "2022-01-05", .sell, 100,
            .fill(100, 300.5, fees: 62.36)
        ) {
            ($0.bar, $0.held, $0.today) = ((300.5, 302, 299, 301), 100, 100)
        },
        GoldenCase("Hong Kong: 30 % up is no limit", "00700.HK", "2024-01-05", .buy, 100, .fill(100, 13, fees: 22.11)) {
            $0.bar = (13, 13, 13, 13)
        },
        GoldenCase("US: one share, sold the same day", "AAPL.US", "2023-06-05", .sell, 1, .fill(1, 10, fees: 0)) {
            ($0.held, $0.today) = (1, 1)
        },
        GoldenCase("US: half a share", "AAPL.US", "2024-01-05", .buy, 0.5, .refused(.belowMinimum)),
        GoldenCase("US: half a share, where fractions are", "AAPL.US", "2024-01-05", .buy, 0.5, .fill(0.5, 10, fees: 0))
        {
            $0.rules = .unitedStates(fractions: true)
        },
        GoldenCase("US: SEC fee of a sale", "AAPL.US", "2024-06-03", .sell, 10_000, .fill(10_000, 10, fees: 2.78)) {
            $0.held = 10_000
        },
        GoldenCase(
            "a part of a coin", "BTCUSDT.BINANCE", "2024-01-05", .buy, 0.00123, .fill(0.00123, 42_000, fees: 0.0517)
        ) {
            $0.bar = (42_000, 43_000, 41_000, 42_500)
        },
    ]

    /// What the same sale of 10,000 shares at 10 costs on different days.
    private static let sales: [(day: String, fees: Double, name: String)] = [
        ("2023-08-25", 126, "the last day of 0.1 %"), ("2023-08-28", 76, "stamp duty halved"),
        ("2022-04-28", 127, "transfer fee before it was halved"), ("2022-04-29", 126, "transfer fee halved"),
        ("2015-07-31", 125, "before the transfer fee by value"), ("2008-09-18", 125, "0.1 % of both sides"),
        ("2007-05-30", 325, "0.3 %"), ("2007-05-29", 125, "0.1 %"), ("1999-06-01", 425, "0.4 %"),
    ]

    /// The same of a purchase.
    private static let purchases: [(day: String, fees: Double, name: String)] = [
        ("2008-09-18", 125, "both sides paid"), ("2008-09-19", 25, "the seller alone"),
        ("2024-01-05", 26, "no stamp duty"),
    ]

    static let fees: [GoldenCase] = sold + bought

    private static let sold = sales.map { sale in
        GoldenCase("sale: \(sale.name)", main, sale.day, .sell, 10_000, .fill(10_000, 10, fees: sale.fees)) {
            $0.held = 10_000
        }
    }

    private static let bought = purchases.map { purchase in
        GoldenCase(
            "purchase: \(purchase.name)", main, purchase.day, .buy, 10_000, .fill(10_000, 10, fees: purchase.fees))
    }
}
