import PluginKit
import PluginKitTesting
import RowColumns
import TestSupport
import Testing

/// The columns over trades with the quote beside them keep the contract of an indicator, with every set of options; their values are compared
/// where a pipeline joins them (`SideInputRunTests`).
@Suite(.enabled(if: Repository.hasMarket, "needs the market data beside the repository"))
struct QuotedTradeTests {
    @Test(arguments: SubjectOptions.quoted) func keepsTheContract(subject: SubjectOptions) async throws {
        let plugin = try Subjects.plugin(subject.name)
        for recording in Recording.all(of: .quote) {
            let (trades, quotes) = try await Self.joined(recording)
            let findings = try Self.findings(Self.column(plugin, subject.configuration), subject, trades, quotes)
            #expect(findings == [], "on \(recording.testDescription)")
        }
    }

    @Test(arguments: Subjects.quoted.map(\.descriptor.name)) func aTradeWithoutItsQuoteChangesNothing(
        name: String
    ) async throws {
        let plugin = try Subjects.plugin(name)
        var column = try Self.column(plugin, Subjects.configuration(name, "period=1"))
        let trade = Trade(time: 0, price: 10, size: 3, instrument: InstrumentID(rawValue: 0))
        #expect(Self.row(&column, trade, 9, .nan) == nil && Self.row(&column, trade, .infinity, 11) == nil)
        var writer = StateWriter()
        column.save(to: &writer)
        var fresh = StateWriter()
        try Self.column(plugin, Subjects.configuration(name, "period=1")).save(to: &fresh)
        #expect(writer.bytes == fresh.bytes)
    }

    /// Bought above the middle, sold below it; at it by the price before. What the venue says comes first where it is asked for.
    @Test func theQuoteSaysWhoStartedATrade() throws {
        func signs(_ options: String) throws -> [Double?] {
            var column = try Self.column(
                try Subjects.plugin("lee_ready"), try Subjects.configuration("lee_ready", options))
            return [(10.0, Trade.Side.unknown), (10.5, .unknown), (9.5, .sell), (10, .buy), (10, .unknown)].map {
                let trade = Trade(
                    time: 0, price: $0.0, size: 2, side: $0.1, instrument: InstrumentID(rawValue: 0))
                return Self.row(&column, trade, 9, 11)?[0]
            }
        }
        #expect(try signs("period=1") == [0, 2, -2, 2, 2])
        #expect(try signs("period=1&rule=side") == [0, 2, -2, 2, 2])
        var column = try Self.column(
            try Subjects.plugin("lee_ready"), try Subjects.configuration("lee_ready", "period=1&rule=side"))
        let sold = Trade(time: 0, price: 10.9, size: 2, side: .sell, instrument: InstrumentID(rawValue: 0))
        #expect(Self.row(&column, sold, 9, 11)?[0] == -2)
    }

    private static func column(
        _ plugin: PluginType, _ configuration: Configuration
    ) throws -> any TradeColumn {
        guard case .indicator(let make) = plugin.maker, let made = try make(configuration) as? any TradeColumn else {
            throw PluginError(.notFound, "\(plugin.descriptor.id) reads no trades with quotes")
        }
        return made
    }

    /// The outputs at a trade; `nil` where it is refused.
    private static func row(
        _ column: inout any TradeColumn, _ trade: Trade, _ bid: Double, _ ask: Double
    ) -> [Double]? {
        var values = [0.0, 0, 0]
        let isAccepted = values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            return column.update(trade, beside: { $0 == 0 ? bid : ask }, into: OutputRow(base: base, width: 3))
        }
        return isAccepted ? values : nil
    }

    /// Trades that have a quote, and the quotes.
    private static func joined(_ recording: Recording) async throws -> (trades: [Trade], quotes: [Quote]) {
        let quotes = try await recording.events(Quote.self)
        let first = quotes[0].time
        return (Array(try await recording.events(Trade.self).drop { $0.time < first }.prefix(1_200)), quotes)
    }

    private static func findings<Column: TradeColumn>(
        _ column: Column, _ subject: SubjectOptions, _ trades: [Trade], _ quotes: [Quote]
    ) throws -> [ConformanceFinding] {
        let needed = max(170, 3 * column.warmUpLength)
        return IndicatorConformance<BesideQuotes<Column>>(
            Column.descriptor, outputs: Column.outputs(subject.configuration), events: Array(trades.prefix(needed))
        ) { () throws(PluginError) in
            BesideQuotes(column: try Column(subject.configuration), quotes: quotes)
        }.findings()
    }
}

/// A column as an indicator of trades alone: it looks the quote up that was in force.
private struct BesideQuotes<Column: TradeColumn>: Indicator {
    static var descriptor: PluginDescriptor { Column.descriptor }

    var column: Column
    let quotes: [Quote]

    init(column: Column, quotes: [Quote]) { (self.column, self.quotes) = (column, quotes) }

    init(_ configuration: Configuration) throws(PluginError) {
        self.init(column: try Column(configuration), quotes: [])
    }

    var warmUpLength: Int { column.warmUpLength }

    mutating func update(_ trade: Trade, into row: OutputRow) -> Bool {
        var (low, high) = (0, quotes.count)
        while low < high {
            let middle = (low + high) / 2
            if quotes[middle].time <= trade.time { low = middle + 1 } else { high = middle }
        }
        let quote = low > 0 ? quotes[low - 1] : nil
        return column.update(
            trade, beside: { $0 == 0 ? quote?.bid ?? .nan : quote?.ask ?? .nan }, into: row)
    }

    func save(to writer: inout StateWriter) { column.save(to: &writer) }

    mutating func restore(from reader: inout StateReader) throws(PluginError) { try column.restore(from: &reader) }
}
