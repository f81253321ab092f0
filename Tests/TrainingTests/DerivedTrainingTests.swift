import HostCore
import Indicators
import PluginKit
import Testing

@testable import HostTraining

/// Formulas over rows are for a fit what they are live: of the bars' columns and of those that were joined.
@Suite struct DerivedTrainingTests {
    private static func data() throws -> TrainingData {
        let bars = walks(instruments: 2, days: 40, seed: 3)
        let plan = FeaturePlan([
            (
                id: "pe",
                prototype: try RowFormula(
                    Configuration(instance: "indicator/pe", values: ["derive": .text("price / known.eps + body")]))
            ),
            (
                id: "body",
                prototype: try Expression(
                    Configuration(instance: "indicator/body", values: ["expr": .text("close - open")]))
            ),
        ])
        let table = InstrumentTable()
        for name in ["X", "Y"] { _ = table.intern(Instrument(code: name, venue: "TEST")) }
        var data = TrainingData(bars: bars, features: plan, instruments: table)
        data.join(["known.age", "known.eps"], bars.indices.flatMap { [Double($0), 2 + Double($0)] })
        data.computeFeatures()
        return data
    }

    @Test func aFormulaReadsWhatWasJoined() throws {
        let data = try Self.data()
        let (column, body) = (try #require(data.column("pe")), try #require(data.column("body")))
        for (place, bar) in data.bars.enumerated() {
            #expect(body[place] == bar.close - bar.open)
            #expect(column[place] == bar.close / (2 + Double(place)) + body[place])
        }
    }
}
