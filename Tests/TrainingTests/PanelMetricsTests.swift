import Foundation
import HostTraining
import PluginKit
import PredictionTargets
import Testing

struct PanelMetricsTests {
    /// Six instruments over sixty days: labels and predictions that hang together, both without ties.
    private func rows(instruments: Int = 6, days: Int = 60) -> [PanelMetrics.Row] {
        (0..<days).flatMap { time in
            (0..<instruments).map { instrument in
                let label = sin(Double(instrument) * 1.7 + Double(time) * 0.9) * 0.02
                let prediction = cos(Double(instrument) + Double(time) * 1.3) * 0.01 + 0.3 * label
                return PanelMetrics.Row(
                    time: Int64(time) * day, instrument: id(instrument),
                    observation: PredictionMetrics.Observation(
                        label: label, prediction: prediction, trailing: 0, trainMean: 0.001, isTrainMostlyUp: true))
            }
        }
    }

    private func isClose(_ value: Double?, _ wanted: Double) -> Bool {
        value.map { abs($0 - wanted) <= 1e-9 * max(1, abs(wanted)) } ?? false
    }

    /// Computed apart in Python, from the definitions.
    @Test func figuresAreThoseOfTheDefinitions() throws {
        let panel = PanelMetrics(rows(), target: Target(.relativeReturn, bars: 2))
        #expect(isClose(panel.icir, 1.4072501764944065))
        #expect(isClose(panel.dieboldMariano?.statistic, -6.662125431636119))
        #expect(isClose(panel.dieboldMariano?.pValue, 2.6989552134157818e-11))
        let wanted: [(PortfolioFigures?, [Double])] = [
            (panel.longShort, [3.7661099091517576, 21.854571475735003, 0.014340085379442646, 3.933333333333333]),
            (panel.top, [2.194700467539029, 24.01769371265122, 0.009657840826529429, 1.9666666666666666]),
            (panel.naive, [0.020633407939438242, 0.5266024524704191, 0.005111784844143319, 0.03333333333333333]),
        ]
        for (figures, numbers) in wanted {
            let figures = try #require(figures)
            let found = [
                figures.annualReturn, try #require(figures.informationRatio), figures.maxDrawdown, figures.turnover,
            ]
            #expect(figures.periods == 30)
            #expect(zip(found, numbers).allSatisfy { isClose($0, $1) }, "\(found)")
        }
    }

    /// Persistence is right for ten days and wrong for ten: with the sign that it last had it is wrong where that turns.
    @Test func theLastSignIsThatOfWhatIsKnown() throws {
        func turning() -> [PanelMetrics.Row] {
            (0..<80).flatMap { time in
                (0..<20).map { instrument in
                    let label = sin(Double(instrument) * 1.3 + Double(time) * 2.1) * 0.02
                    let sign: Double = time / 10 % 2 == 0 ? 1 : -1
                    return PanelMetrics.Row(
                        time: Int64(time) * day, instrument: id(instrument),
                        observation: PredictionMetrics.Observation(
                            label: label, prediction: label / 2, trailing: sign * label, trainMean: 0,
                            isTrainMostlyUp: true))
                }
            }
        }
        let one = PanelMetrics(turning(), target: Target(.relativeReturn, bars: 1))
        let last = try #require(one.lastSign)
        // Of 79 days with a sign 7 begin another one.
        let found = try #require(last.ic)
        #expect(found > 0.75 && found < 0.9)
        let beside = (
            rule: try #require(last.dieboldMariano).statistic, persistence: try #require(one.persistence).statistic
        )
        // The rule is wrong by twice what came on the days that begin another sign, persistence on half of all.
        #expect(beside.persistence < -5 && beside.rule > beside.persistence + 3)
        let late = PanelMetrics(turning(), target: Target(.relativeReturn, bars: 5)).lastSign
        #expect(try #require(late?.ic) < found, "what is known late turns late")
        #expect(one.icir == nil, "all days alike")
    }

    @Test func theIntervalOfTheICIRHoldsIt() throws {
        let panel = PanelMetrics(rows(), target: Target(.relativeReturn, bars: 2), seed: 5)
        let (icir, interval) = (try #require(panel.icir), try #require(panel.icirInterval))
        #expect(interval.low < icir && icir < interval.high && interval.low > 0.5)
        #expect(PanelMetrics(rows(), target: Target(.relativeReturn, bars: 2), seed: 5) == panel)
    }

    @Test func whatIsTestedTwiceCountsOnce() {
        let once = rows()
        let target = Target(.relativeReturn, bars: 2)
        #expect(PanelMetrics(once.flatMap { [$0, $0] }, target: target) == PanelMetrics(once, target: target))
    }

    @Test func whatHasTooLittleIsAbsent() {
        let narrow = PanelMetrics(rows(instruments: 4), target: Target(.relativeReturn, bars: 1))
        #expect(narrow.icir == nil && narrow.longShort == nil && narrow.naive == nil)
        #expect(narrow.dieboldMariano != nil)
        #expect(PanelMetrics(rows(days: 19), target: Target(.relativeReturn, bars: 1)).dieboldMariano == nil)
        #expect(PanelMetrics([], target: Target(.direction, bars: 1)).icir == nil)
        // Nothing is earned by a probability.
        #expect(PanelMetrics(rows(), target: Target(.direction, bars: 1)).top == nil)
        #expect(PanelMetrics(rows(), target: Target(.excessReturn, bars: 1)).naive == nil)
    }
}
