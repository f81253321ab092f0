import PluginKit
import TestSupport
import Testing

@testable import HostCore

/// Where a fit has learned, and what is said of rows elsewhere.
@Suite struct FeatureDomainTests {
    /// Daily volumes and moves of AAPL, two numbers a row.
    private static func rows() throws -> [Double] {
        let bars = try RealBars.load()
        return zip(bars.dropFirst(), bars).flatMap { [$0.volume, $0.close / $1.close - 1] }
    }

    @Test func oneOutlierMovesNoEnd() throws {
        let rows = try Self.rows()
        let domain = FeatureDomain(rows, width: 2)
        // A split of 2000 and one of 2005 are in the prices as moves of -50 %: single outliers.
        #expect(domain.low[1] > -0.3 && domain.high[1] < 0.3 && domain.low[1] < -0.1)
        let spoiled = FeatureDomain(rows + [1e15, 5], width: 2)
        #expect(spoiled.high[0] < 1e10 && spoiled.high[1] < 0.3)
        let empty = FeatureDomain([.nan, 1, .nan, 2], width: 2)
        #expect(empty.low[0] < -1e300 && empty.high[0] > 1e300 && empty.low[1] == 0.5 && empty.high[1] == 2.5)
    }

    @Test func aRowOutsideIsToldAndPredictedAllTheSame() throws {
        let domain = FeatureDomain(try Self.rows(), width: 2)
        let part = PredictorTimeline.Part(validAfter: .min, validThrough: .max, predictor: First(), domain: domain)
        let model = ServingModel(
            id: "m", target: "return over 1 bar", columns: [0, 1], interval: 0.9, abstains: true, namesVersion: true,
            timeline: PredictorTimeline(parts: [part], version: 7))
        var stage = InferenceStage(model: model)
        let bars = try RealBars.load().suffix(3)
        let given = stage.process(
            bars.map { RowKey($0) }, features: [5e7, 0.01, 5e7, 0.9, 5e12, 0], width: 2, skip: { _, _ in })
        let batch = try #require(given)
        #expect(batch.outputs.map(\.name) == ["value", "lower", "upper", "abstain", "version"])
        let versions: [Double] = (0..<3).map { (row: Int) -> Double in batch.values[row * 5 + 4] }
        #expect(versions == [7, 7, 7])
        #expect(batch.rows.map(\.value) == [5e7, 5e7, 5e12])
        #expect((0..<3).map { batch.abstains(of: $0) } == [false, true, true])
        // To an ensemble a member that abstains gave nothing.
        var made = ModelValues(columns: [1, 1])
        made.reset(rows: 3)
        made.take(batch, of: 1, from: [0, 1, 2])
        #expect(made[0, 1].isFinite && made[1, 1].isNaN && made[2, 1].isNaN)
        #expect((0..<3).allSatisfy { batch.interval(of: $0) == nil })
    }

    /// Gives the first feature back.
    private struct First: Predictor {
        let outputs = [OutputColumn("value", unit: "", "The first feature.")]

        func predict(
            _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
        ) throws(PluginError) {
            for row in 0..<shape.batch { output[row] = input[row * shape.features] }
        }
    }
}
