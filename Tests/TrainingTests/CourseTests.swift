import PluginKit
import PredictionTargets
import Testing

@testable import HostTraining

/// How tests went over time, as the card keeps it.
@Suite struct CourseTests {
    private static func rows(_ days: Int, instruments: Int, _ label: (Int) -> Double) -> [PanelMetrics.Row] {
        (0..<days).flatMap { day in
            (0..<instruments).map { number in
                PanelMetrics.Row(
                    time: Int64(day), instrument: InstrumentID(rawValue: UInt32(number)),
                    observation: .init(
                        label: label(day * instruments + number), prediction: 0.5 * label(day * instruments + number),
                        trailing: 0, trainMean: 0, isTrainMostlyUp: true))
            }
        }
    }

    private static func label(_ number: Int) -> Double { Double((number * 7_919) % 101) / 50 - 1 }

    @Test func itIsCutIntoStretchesThatHoldEveryRow() {
        let rows = Self.rows(500, instruments: 3, Self.label)
        let course = ModelCard.course(rows, Target(.relativeReturn, bars: 1))
        #expect(course.count <= ModelCard.stretches && course.count > 40)
        #expect(course.reduce(0) { $0 + $1.rows } == rows.count && course.last?.through == 499)
        #expect(zip(course, course.dropFirst()).allSatisfy { $0.through < $1.through })
        // Half of each label is missed: a quarter of the naive rule's squared error, and correlation 1.
        #expect(course.allSatisfy { abs($0.loss - $0.naive / 4) < 1e-9 && abs(($0.ic ?? 0) - 1) < 1e-9 })
    }

    @Test func itsIntervalsHoldWhatTheyAreToHold() {
        let course = ModelCard.course(
            Self.rows(2_000, instruments: 2, Self.label), Target(.relativeReturn, bars: 5))
        let (bounded, within) = (course.reduce(0) { $0 + $1.bounded }, course.reduce(0) { $0 + $1.within })
        #expect(bounded > 3_600 && bounded < 4_000)
        #expect(abs(Double(within) / Double(bounded) - ModelCard.coverage) < 0.02, "\(within) of \(bounded)")
    }

    @Test func classesAndNothingHaveNone() {
        let classes = ModelCard.course(Self.rows(100, instruments: 1, Self.label), Target(.direction, bars: 1))
        #expect(classes.allSatisfy { $0.bounded == 0 })
        #expect(ModelCard.course([], Target(.relativeReturn, bars: 1)).isEmpty)
        #expect(ModelCard.course(Self.rows(1, instruments: 1, Self.label), Target(.relativeReturn, bars: 1)).count == 1)
    }
}
