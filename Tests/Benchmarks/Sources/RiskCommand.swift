import ArgumentParser
import HostCore
import PluginKit

/// What watching risk costs: one price in a book of 500 positions under every rule, and a pipeline beside it.
struct RiskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "risk")

    @Option(help: "Positions.") var positions = 500
    @Option(help: "Prices to take, one by one.") var prices = 100_000
    @Option(help: "Quotes to push.") var quotes = 100_000
    @Option(help: "Quotes a second.") var rate = 10_000

    func run() async throws {
        var engine = engine()
        var spans: [Double] = []
        spans.reserveCapacity(prices)
        for number in 0..<prices {
            let (id, time) = (InstrumentID(rawValue: UInt32(number * 7 % positions)), Int64(number + 10))
            let price = 10 + Double(number % 13) / 50
            let start = ContinuousClock.now
            engine.take(price, at: time, of: id, now: time)
            spans.append(start.duration(to: .now).inSeconds * 1e6)
        }
        spans.sort()
        printResult("risk_event_p50", percentile(spans, 0.5), "us")
        printResult("risk_event_p99", percentile(spans, 0.99), "us")
        try await beside(engine)
    }

    /// The same quotes through a pipeline, alone and with somebody who takes every price that there is time for.
    private func beside(_ engine: RiskEngine) async throws {
        let alone = try await RouterCommand.push(quotes, rate: rate)
        let feed = PriceFeed()
        feed.watch(engine.state.book.holdings.map(\.id))
        let watching = Task {
            var engine = engine
            while !Task.isCancelled {
                await feed.wait(atMost: .seconds(1))
                for price in feed.take() {
                    engine.take(price.price, at: price.time, of: price.instrument, now: price.time)
                }
            }
        }
        let watched = try await RouterCommand.push(quotes, rate: rate, latest: LatestValues(prices: feed))
        watching.cancel()
        await watching.value
        precondition(feed.counts.offered == quotes, "every quote was offered")
        printResult("risk_quotes_p99_without", percentile(alone.spans, 0.99), "ms")
        printResult("risk_quotes_p99_with", percentile(watched.spans, 0.99), "ms")
        printResult("risk_prices_replaced", Double(feed.counts.replaced), "prices")
    }

    /// Every rule over positions that all have a price and a past of 250 bars.
    private func engine() -> RiskEngine {
        let directory = InstrumentTable()
        var limits = RiskLimits()
        limits.capital = 1e6
        limits.limits = RiskRules.all.map { RiskLimit(rule: $0.name, limit: 1e12) }
        var engine = RiskEngine(directory)
        engine.set(limits, version: 1, at: 1)
        let held = (0..<positions).map { number in
            let instrument = Instrument(code: String(600_000 + number), venue: "SH")
            let quantity = Double(number % 7 - 3) * 100 + 50
            return (
                position: Position(instrument: instrument, quantity: quantity, cost: 10, currency: "CNY"),
                id: directory.intern(instrument), rate: 1.0, groups: [number % 10]
            )
        }
        engine.set(RiskBook(held, groups: (0..<10).map { "group\($0)" }), at: 1)
        for one in held { engine.take(10, at: 2, of: one.id, now: 2) }
        engine.set(Scenarios(returns: (0..<positions).map(returns)), at: 3)
        return engine
    }

    /// A past of one position, by a fixed rule.
    private func returns(_ number: Int) -> [Double]? {
        (0..<250).map { (span: Int) -> Double in
            let step = (span * 31 + number * 17) % 101
            return Double(step - 50) / 2_000
        }
    }
}
