import Indicators
import PluginKit
import PluginKitTesting
import TestSupport
import Testing

@Suite struct FigureValueTests {
    private static let day: Int64 = 86_400_000_000_000

    private static func configuration(_ item: String) -> Configuration {
        Configuration(instance: "indicator/eps", values: ["item": .text(item)])
    }

    private static func figure(
        _ published: Int64, _ end: Int64, _ value: Double, _ name: String = "eps"
    ) throws -> Figure {
        Figure(
            time: published * day, periodEnd: end * day, value: value, name: try #require(FigureName(name)),
            instrument: InstrumentID(rawValue: 0))
    }

    private static func values(_ figures: [Figure]) throws -> [Double] {
        var subject = try FigureValue(configuration("eps"))
        var rows = [Double](repeating: 0, count: figures.count)
        rows.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            subject.update(figures.span, into: FeatureRows(base: base, count: figures.count, width: 1, stride: 1))
        }
        return rows
    }

    @Test func keepsTheContract() throws {
        let figures = try RealBars.load()[..<120].map {
            Figure(
                time: $0.time, periodEnd: $0.time, value: $0.close, name: .unnamed, instrument: $0.instrument)
        }
        let findings = IndicatorConformance<FigureValue>(
            FigureValue.descriptor, outputs: FigureValue.descriptor.outputs, events: figures
        ) { () throws(PluginError) in try FigureValue(Self.configuration("unnamed")) }.findings()
        #expect(findings == [])
    }

    @Test func figuresOfOtherNamesSayNothing() throws {
        let values = try Self.values([
            Self.figure(1, 0, 5), Self.figure(2, 0, 9, "revenue"), Self.figure(3, 0, 6),
        ])
        #expect(values[0] == 5 && values[1].isNaN && values[2] == 6)
    }

    /// A period that is reported late, after the next one, is old news; the same period again is a restatement.
    @Test func theNewestPeriodCounts() throws {
        let values = try Self.values([
            Self.figure(10, 4, 5), Self.figure(11, 2, 9), Self.figure(12, 4, 5.5), Self.figure(20, 8, 6),
        ])
        #expect(values[0] == 5 && values[1].isNaN && values[2] == 5.5 && values[3] == 6)
    }

    @Test func refusesANameThatNoFigureHas() {
        let configuration = Self.configuration("Net income")
        #expect(FigureValue.validate(configuration).map(\.option) == ["item"])
        let error = #expect(throws: PluginError.self) { try FigureValue(configuration) }
        #expect(error?.message.hasPrefix("indicator/eps: 'item' is 'Net income'; allowed are 1 to 24 letters") == true)
    }
}
