extension VenueRules {
    /// Rules of the mainland's exchanges.
    package static func mainland(_ board: Board) -> VenueRules {
        VenueRules(
            name: "mainland \(board.rawValue)", offset: 8 * 3_600,
            tick: Fixed(raw: board == .fund ? 100_000 : 1_000_000),
            lot: lot(board), holdsOverNight: overNight, limit: limit(board), fees: fees(board),
            auctions: auctions(board),
            isTradable: board != .index)
    }

    private static func lot(_ board: Board) -> Dated<LotRule> {
        switch board {
        case .star:
            Dated([
                (
                    "2019-07-22", LotRule(minimum: Fixed(200), step: Fixed(1)),
                    "SSE, special rules of trading on the STAR market (2019), article 20"
                )
            ])
        case .beijing:
            Dated([
                (
                    "2021-11-15", LotRule(minimum: Fixed(100), step: Fixed(1)),
                    "BSE, trading rules (trial, 2021), 3.3.8: 100 shares and more, by one"
                )
            ])
        default: Dated(always: .lots(100), "SSE and SZSE, trading rules: orders to buy are whole lots of 100")
        }
    }

    private static let overNight = Dated<Bool>([
        ("1995-01-01", true, "SSE and SZSE, T+1 from 1995-01-01; Securities Law: not sold on the day it is bought")
    ])

    private static func limit(_ board: Board) -> Dated<PriceLimit?> {
        let ten = "SSE and SZSE, limit of 10 % from 1996-12-16"
        let five = "SSE and SZSE, special treatment: 5 % from 1998-04-22"
        switch board {
        case .star:
            return Dated([
                (
                    "2019-07-22", PriceLimit(0.2, freeDays: 5),
                    "SSE, special rules of trading on the STAR market (2019): 20 %, none in the first five days"
                )
            ])
        case .chiNext:
            return Dated([
                ("2009-10-30", PriceLimit(0.1, warned: 0.05, freeDays: 1), "SZSE, trading rules: as the main board"),
                (
                    "2020-08-24", PriceLimit(0.2, freeDays: 5),
                    "SZSE, special rules of trading on ChiNext (2020): 20 %, none in the first five days"
                ),
            ])
        case .beijing:
            return Dated([
                (
                    "2021-11-15", PriceLimit(0.3, freeDays: 1),
                    "BSE, trading rules (trial, 2021): 30 %, none on the first day"
                )
            ])
        case .fund: return Dated([("1996-12-16", PriceLimit(0.1, freeDays: 0), ten)])
        case .index: return Dated(always: nil, "an index is not traded")
        case .main:
            return Dated([
                ("1996-12-16", PriceLimit(0.1, freeDays: 1), ten),
                ("1998-04-22", PriceLimit(0.1, warned: 0.05, freeDays: 1), five),
                (
                    "2023-04-10", PriceLimit(0.1, warned: 0.05, freeDays: 5),
                    "SSE and SZSE, trading rules (2023): registration on the main board, none in the first five days"
                ),
            ])
        }
    }

    private static func fees(_ board: Board) -> [Fee] {
        let commission = Fee(
            .commission,
            Dated(
                always: Fee.Rate(0.00025, minimum: 5),
                "usual of brokers, with the fees of exchange and supervisor; set yours"))
        let transfer = Fee(
            .transfer,
            Dated([
                (
                    "2015-08-01", Fee.Rate(0.00002),
                    "China Clearing: 0.02 per mille of the value in both cities from 2015-08-01"
                ),
                ("2022-04-29", Fee.Rate(0.00001), "China Clearing: halved from 2022-04-29"),
            ]))
        return board == .fund ? [commission] : [commission, stampDuty, transfer]
    }

    private static let stampDuty = Fee(
        .stampDuty,
        Dated([
            ("1997-05-12", Fee.Rate(0.005), "State Council: 5 per mille of both sides from 1997-05-12"),
            ("1998-06-12", Fee.Rate(0.004), "Ministry of Finance: 4 per mille from 1998-06-12"),
            ("2001-11-16", Fee.Rate(0.002), "Ministry of Finance: 2 per mille from 2001-11-16"),
            ("2005-01-24", Fee.Rate(0.001), "Ministry of Finance: 1 per mille from 2005-01-24"),
            ("2007-05-30", Fee.Rate(0.003), "Ministry of Finance: 3 per mille from 2007-05-30"),
            ("2008-04-24", Fee.Rate(0.001), "Ministry of Finance: 1 per mille from 2008-04-24"),
            ("2008-09-19", Fee.Rate(0.001, .sell), "Ministry of Finance: the seller alone from 2008-09-19"),
            (
                "2023-08-28", Fee.Rate(0.0005, .sell),
                "Ministry of Finance and Tax Administration, notice 39 of 2023: halved from 2023-08-28"
            ),
        ]))

    private static func auctions(_ board: Board) -> Dated<CallAuctions?> {
        let opening = 33_300..<33_900  // 09:15 to 09:25
        let closing = 53_820..<54_000  // 14:57 to 15:00
        let one = CallAuctions(opening: opening, closing: nil)
        let two = CallAuctions(opening: opening, closing: closing)
        return switch board {
        case .star, .beijing: Dated(always: two, "trading rules of the board")
        case .chiNext: Dated([("2009-10-30", two, "SZSE, trading rules")])
        default:
            // The earlier city is not told apart by the board; the later date is on the safe side.
            Dated([
                ("1990-12-19", one, "SSE and SZSE, trading rules"),
                ("2018-08-20", two, "SSE, closing auction from 2018-08-20; SZSE from 2006-07-01"),
            ])
        }
    }
}
