package import PluginKit

/// Tells trades that lie outside the sessions of their venue, as far as its calendar knows.
///
/// What auctions print beside a session belongs to it. Of most trades a comparison says enough: the calendar is asked once a minute.
package struct SessionWatch: Sendable {
    private static let minute = Timeframe(1, .minute)
    private let auctions = AuctionTimes()
    /// By instrument number.
    private let hours: [(any TradingHours)?]
    /// Of each instrument a stretch of which it is known that trading is on.
    private var open: [Range<Int64>]

    /// Creates the watch of some instruments, by their numbers below a count; `nil` where none of their venues has a calendar.
    package init?(_ count: Int, _ instruments: [InstrumentReference], _ find: TradingHoursFinder) {
        var hours: [(any TradingHours)?] = Array(repeating: nil, count: count)
        for reference in instruments { hours[Int(reference.id.rawValue)] = find(reference.instrument) }
        guard hours.contains(where: { $0 != nil }) else { return nil }
        self.hours = hours
        open = Array(repeating: 0..<0, count: count)
    }

    /// Whether nothing trades at an instant where an instrument is listed.
    mutating func isOutside(_ time: Int64, of instrument: InstrumentID) -> Bool {
        let slot = Int(instrument.rawValue)
        guard slot < open.count, !open[slot].contains(time), let hours = hours[slot] else { return false }
        switch hours.place(of: time, auctions) {
        case .outside: return true
        case .session:
            if let end = hours.barEnd(atOrAfter: time + 1, timeframe: Self.minute) {
                open[slot] = time..<max(time, end)
            }
            return false
        case .behind, .before, nil: return false
        }
    }
}
