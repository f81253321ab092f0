package import PluginKit

extension VenueRules {
    /// Returns the rules of an instrument's venue: those of the mainland by board, Hong Kong, the United States, else those of a
    /// venue of coins.
    package init(for instrument: Instrument) {
        if let board = Board(instrument) {
            self = .mainland(board)
        } else {
            switch instrument.venue {
            case "HK": self = .hongKong(lot: 100)
            case "US": self = .unitedStates(fractions: false)
            default: self = .crypto
            }
        }
    }

    /// Rules of Hong Kong; a board lot is the company's own choice.
    package static func hongKong(lot: Int64) -> VenueRules {
        VenueRules(
            name: "Hong Kong", offset: 8 * 3_600, tick: Fixed(raw: 1_000_000),
            lot: Dated(always: .lots(lot), "HKEX, board lot of the security"),
            holdsOverNight: Dated(always: false, "HKEX: bought and sold on one day"),
            limit: Dated(always: nil, "HKEX: no daily limit"),
            fees: [
                Fee(.commission, Dated(always: Fee.Rate(0.00025, minimum: 18), "usual of brokers; set yours")),
                Fee(
                    .stampDuty,
                    Dated([
                        (
                            "2001-09-01", Fee.Rate(0.001, rounding: .dollarUp),
                            "Stamp Duty Ordinance: 0.1 % of each side, up to the dollar"
                        ),
                        (
                            "2021-08-01", Fee.Rate(0.0013, rounding: .dollarUp),
                            "Stamp Duty Ordinance: 0.13 % from 2021-08-01"
                        ),
                        (
                            "2023-11-17", Fee.Rate(0.001, rounding: .dollarUp),
                            "Stamp Duty Ordinance: 0.1 % from 2023-11-17"
                        ),
                    ])),
                Fee(
                    .levy,
                    Dated([
                        ("2014-11-01", Fee.Rate(0.000077), "SFC levy 0.0027 %, HKEX trading fee 0.005 %"),
                        ("2022-01-01", Fee.Rate(0.0000785), "with the FRC levy of 0.00015 % from 2022-01-01"),
                        ("2023-01-01", Fee.Rate(0.000085), "HKEX trading fee 0.00565 % from 2023-01-01"),
                    ])),
                Fee(
                    .transfer,
                    Dated([
                        ("2000-01-01", Fee.Rate(0.00002, minimum: 2, maximum: 100), "CCASS stock settlement fee"),
                        ("2025-06-30", Fee.Rate(0.000042), "HKEX: 0.0042 % without bounds from 2025-06-30"),
                    ])),
            ], auctions: Dated([]))
    }

    /// Rules of the United States.
    package static func unitedStates(fractions: Bool) -> VenueRules {
        VenueRules(
            name: "United States", offset: -5 * 3_600, tick: Fixed(raw: 1_000_000),
            lot: Dated(
                always: fractions ? LotRule(minimum: Fixed(raw: 10_000), step: Fixed(raw: 10_000)) : .lots(1),
                fractions ? "brokers: ten-thousandths of a share" : "Regulation NMS: whole shares"),
            holdsOverNight: Dated(always: false, "bought and sold on one day"),
            limit: Dated(always: nil, "no daily limit; bands of the LULD plan are not modelled"),
            fees: [
                Fee(.commission, Dated(always: Fee.Rate(0), "usual of brokers; set yours")),
                Fee(
                    .levy,
                    Dated([
                        ("2022-05-14", Fee.Rate(0.0000229, .sell), "SEC, section 31: 22.90 dollars a million"),
                        ("2023-02-27", Fee.Rate(0.000008, .sell), "SEC, section 31: 8.00 dollars a million"),
                        ("2024-05-22", Fee.Rate(0.0000278, .sell), "SEC, section 31: 27.80 dollars a million"),
                        (
                            "2025-05-14", Fee.Rate(0, .sell),
                            "SEC, section 31: nothing from 2025-05-14; later rates are not known here"
                        ),
                    ])),
            ], auctions: Dated([]))
    }

    /// Rules of venues of coins.
    package static let crypto = VenueRules(
        name: "crypto", offset: 0, tick: Fixed(raw: 1),
        lot: Dated(
            always: LotRule(minimum: Fixed(raw: 1_000), step: Fixed(raw: 1_000)), "0.00001 of a coin; set your pair's"),
        holdsOverNight: Dated(always: false, "bought and sold at any time"), limit: Dated(always: nil, "no limit"),
        fees: [Fee(.commission, Dated(always: Fee.Rate(0.001, rounding: .unit), "usual taker fee; set yours"))],
        auctions: Dated([]))

    /// No rules: any quantity, nothing is held over night, no limits, and one commission.
    package static func free(commission: Double) -> VenueRules {
        VenueRules(
            name: "none", offset: 0, tick: Fixed(raw: 1),
            lot: Dated(always: LotRule(minimum: Fixed(raw: 1), step: Fixed(raw: 1)), ""),
            holdsOverNight: Dated(always: false, ""), limit: Dated(always: nil, ""),
            fees: [Fee(.commission, Dated(always: Fee.Rate(commission, rounding: .unit), "set"))], auctions: Dated([]))
    }

    /// Returns the rules with another commission or lot; `nil` leaves one as it is.
    package func with(commission: Fee.Rate? = nil, lot: LotRule? = nil) -> VenueRules {
        var rules = self
        if let commission {
            rules.fees =
                [Fee(.commission, Dated(always: commission, "set"))] + rules.fees.filter { $0.kind != .commission }
        }
        if let lot { rules.lot = Dated(always: lot, "set") }
        return rules
    }
}
