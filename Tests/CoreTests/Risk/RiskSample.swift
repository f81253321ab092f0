import PluginKit

@testable import HostCore

/// Positions and prices for tests of rules: two instruments, one long and one short.
struct RiskSample {
    static let second: Int64 = 1_000_000_000
    static let day: Int64 = 86_400 * second

    let directory = InstrumentTable()
    let apple: InstrumentID
    let ibm: InstrumentID

    init() {
        apple = directory.intern(Instrument(code: "AAPL", venue: "US"))
        ibm = directory.intern(Instrument(code: "IBM", venue: "US"))
    }

    /// 100 AAPL bought at 10, 50 IBM sold at 20; AAPL is in the group tech.
    var book: RiskBook {
        RiskBook(
            [
                (
                    Position(instrument: directory.instrument(apple), quantity: 100, cost: 10, currency: "USD"), apple,
                    1, [0]
                ),
                (Position(instrument: directory.instrument(ibm), quantity: -50, cost: 20, currency: "USD"), ibm, 1, []),
            ], groups: ["tech"])
    }

    /// An engine with the book and prices of 10 and 20, under limits.
    func engine(_ limits: RiskLimit..., cooldown: Int64 = 0, capital: Double = 10_000) -> RiskEngine {
        var all = RiskLimits()
        all.limits = limits
        all.cooldown = cooldown
        all.capital = capital
        var engine = RiskEngine(directory)
        engine.set(all, version: 1, at: 1)
        engine.set(book, at: 1)
        engine.take(10, at: 2, of: apple, now: 2)
        engine.take(20, at: 2, of: ibm, now: 2)
        return engine
    }
}
