import PluginKit
import RowColumns
import Testing

@testable import HostCore

/// Columns that follow from others of their row: in which order they are filled, and what has no value.
@Suite struct DerivedColumnsTests {
    /// The sum of some columns.
    private struct Sum: RowColumn {
        static let descriptor = PluginDescriptor(
            kind: .indicator, name: "sum", summary: "A sum.", schema: ConfigurationSchema([]),
            outputs: [OutputColumn("value", unit: "", "")])
        let sources: [String]

        init(_ sources: String...) { self.sources = sources }

        init(_ configuration: Configuration) throws(PluginError) { self.init() }

        func value(_ source: (Int) -> Double) -> Double { sources.indices.reduce(0) { $0 + source($1) } }
        var warmUpLength: Int { 0 }
        mutating func update(_ event: Bar, into row: OutputRow) -> Bool { true }
        func save(to writer: inout StateWriter) {}
        mutating func restore(from reader: inout StateReader) throws(PluginError) {}
    }

    private static func rank(of column: String) throws -> CrossColumn {
        try CrossColumn(
            Configuration(
                instance: "indicator/rank",
                values: ["cross": .text("rank"), "of": .text(column), "by": .list([]), "min": .integer(2)]))
    }

    private static let keys = [RowKey(bar(0, 1)), RowKey(bar(1, 1))]

    /// Fills rows of two instruments at one time.
    private static func filled(
        _ columns: [(String, any Indicator)], beside: [String] = [], _ rows: [Double]
    ) -> [Double] {
        let plan = FeaturePlan(columns.map { (id: $0.0, prototype: $0.1) })
        var filled = rows
        var tally = SectionTally()
        var derived = DerivedColumns(plan, names: plan.schema.names + beside)
        derived.fill(
            keys, into: &filled, stride: columns.count + beside.count, tally: &tally)
        return filled
    }

    @Test func eachIsFilledAfterThoseItReads() throws {
        let rows = try Self.filled(
            [("rank", Self.rank(of: "both")), ("both", Sum("one", "known.eps")), ("one", EventCount())],
            beside: ["known.eps"], [0, 0, 1, 10, 0, 0, 2, 5])
        #expect(rows == [1, 11, 1, 10, 0.5, 7, 2, 5])
    }

    @Test func thePriceIsThatOfTheRow() {
        let rows = Self.filled([("twice", Sum("price", "price"))], [0, 0])
        #expect(rows == Self.keys.map { 2 * $0.price })
    }

    @Test func whatReadsItselfOrNothingThereStaysAsItIs() {
        let rows = Self.filled(
            [("a", Sum("b")), ("b", Sum("a")), ("c", Sum("nobody")), ("d", Sum("price"))],
            [.nan, .nan, .nan, 0, .nan, .nan, .nan, 0])
        #expect(rows.map(\.isNaN) == [true, true, true, false, true, true, true, false])
    }

    @Test func originsGoThroughEveryColumn() throws {
        let plan = FeaturePlan([
            (id: "rank", prototype: try Self.rank(of: "both")), (id: "both", prototype: Sum("one", "known.eps")),
            (id: "one", prototype: EventCount()), (id: "other", prototype: EventCount()),
        ])
        #expect(plan.origins(of: ["rank"]) == ["rank", "both", "one", "known.eps"])
        #expect(plan.origins(of: ["one"]) == ["one"])
    }

    /// The total of prices less a column, of all trades so far.
    private struct Total: TradeColumn {
        static let descriptor = PluginDescriptor(
            kind: .indicator, name: "total", summary: "A total.", schema: ConfigurationSchema([]),
            outputs: [OutputColumn("total", unit: "", ""), OutputColumn("count", unit: "", "")])
        private var (total, count) = (0.0, 0.0)

        init(_ configuration: Configuration) throws(PluginError) {}
        init() {}

        var sources: [String] { ["quotes.bid"] }
        var warmUpLength: Int { 1 }

        mutating func update(_ trade: Trade, beside source: (Int) -> Double, into row: OutputRow) -> Bool {
            total += trade.price - source(0)
            count += 1
            (row[0], row[1]) = (total, count)
            return true
        }

        mutating func update(_ trade: Trade, into row: OutputRow) -> Bool { false }
        func save(to writer: inout StateWriter) {}
        mutating func restore(from reader: inout StateReader) throws(PluginError) {}
    }

    /// Each instrument has a state of its own, which begins anew with a level, and goes on in another plan that has the same column.
    @Test func columnsOfTradesGoOnFromTradeToTrade() {
        let instance = FeaturePlan.Instance(
            id: "total", outputs: Total.descriptor.outputs, prototype: Total())
        let plan = FeaturePlan(instances: [instance])
        var derived = DerivedColumns(plan, names: plan.schema.names + ["quotes.bid"])
        func rows(_ trades: [Trade], stride: Int = 3) -> [Double] {
            var tally = SectionTally()
            var rows = (0..<trades.count * stride).map { $0 % stride == stride - 1 ? 1.0 : .nan }
            derived.fill(
                trades.map { RowKey(time: $0.time, price: $0.price, instrument: $0.instrument) }, of: trades,
                into: &rows, stride: stride, tally: &tally)
            return rows
        }
        func trade(_ price: Double, of instrument: UInt32, _ flags: EventFlags = []) -> Trade {
            Trade(time: 1, price: price, size: 1, instrument: InstrumentID(rawValue: instrument), flags: flags)
        }
        #expect(rows([trade(5, of: 0), trade(7, of: 2), trade(9, of: 0)]) == [4, 1, 1, 6, 1, 1, 12, 2, 1])
        #expect(rows([trade(3, of: 2)]) == [8, 2, 1])
        let other = FeaturePlan(
            instances: [
                FeaturePlan.Instance(id: "count", outputs: EventCount.descriptor.outputs, prototype: EventCount()),
                instance,
            ])
        derived = DerivedColumns(other, names: other.schema.names + ["quotes.bid"], goingOn: derived)
        let next = rows([trade(2, of: 0), trade(2, of: 0, .newLevel)], stride: 4)
        #expect(next[1...2] == [13, 3] && next[5...6] == [1, 1])
    }
}
