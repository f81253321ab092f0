package import PluginKit

/// The boards of mainland China, told by code.
package enum Board: String, Sendable, Hashable, CaseIterable {
    case main
    /// ChiNext in Shenzhen: 300, 301, 302.
    case chiNext = "chinext"
    /// The STAR market in Shanghai: 688, 689.
    case star
    /// Beijing.
    case beijing
    /// Funds traded at an exchange: no stamp duty.
    case fund
    /// Not tradable.
    case index

    /// Returns the board of a mainland instrument; `nil` for other venues.
    package init?(_ instrument: Instrument) {
        let code = instrument.code
        func begins(_ prefixes: String...) -> Bool { prefixes.contains { code.hasPrefix($0) } }
        switch instrument.venue {
        case "SH":
            self = begins("688", "689") ? .star : begins("000") ? .index : begins("5") ? .fund : .main
        case "SZ":
            self =
                begins("300", "301", "302")
                ? .chiNext : begins("399") ? .index : begins("15", "16", "18") ? .fund : .main
        case "BJ": self = begins("899") ? .index : .beijing
        default: return nil
        }
    }
}
