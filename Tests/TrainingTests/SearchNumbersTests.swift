import HostCore
import HostTraining
import PluginKit
import PredictionTargets
import Testing

/// What a search draws from. Golden values: SciPy 1.17.1, `qmc.Sobol(16, scramble=False)`, `norm.ppf`, and
/// `quad(x * n * norm.pdf(x) * norm.cdf(x)**(n - 1))` for the expected greatest of n.
@Suite struct SearchNumbersTests {
    @Test func pointsAreThoseOfSciPy() {
        var sequence = SobolSequence(dimensions: 16)
        let points = (0..<63).map { _ in sequence.next() }
        #expect(points[0] == Array(repeating: 0.5, count: 16))
        #expect(
            points[41] == [
                0.984375, 0.328125, 0.015625, 0.734375, 0.453125, 0.484375, 0.984375, 0.609375, 0.796875, 0.609375,
                0.078125, 0.140625, 0.765625, 0.296875, 0.921875, 0.671875,
            ])
        #expect(
            points[62] == [
                0.015625, 0.796875, 0.359375, 0.453125, 0.859375, 0.140625, 0.578125, 0.140625, 0.828125, 0.578125,
                0.421875, 0.671875, 0.546875, 0.765625, 0.328125, 0.765625,
            ])
    }

    @Test func aSeedShiftsThePointsAndKeepsThemEven() {
        var plain = SobolSequence(dimensions: 3)
        var shifted = SobolSequence(dimensions: 3, seed: 9)
        var other = SobolSequence(dimensions: 3, seed: 10)
        let points = (0..<64).map { _ in shifted.next() }
        #expect(points != (0..<64).map { _ in plain.next() } && points != (0..<64).map { _ in other.next() })
        for dimension in 0..<3 {
            // The 64 points begin after the first: all eighths but one have 8 of them.
            let shares = Dictionary(grouping: points) { Int($0[dimension] * 8) }.mapValues(\.count)
            #expect(shares.count == 8 && shares.values.allSatisfy { (7...9).contains($0) }, "\(shares)")
        }
    }

    @Test(arguments: [
        (1e-10, -6.361340902404056), (0.001, -3.090232306167813), (0.02425, -1.972961051311885),
        (0.3, -0.5244005127080409), (0.5, 0), (0.9, 1.2815515655446004), (0.975, 1.959963984540054),
        (0.999999, 4.753424308817087),
    ])
    func quantilesAreThoseOfSciPy(_ probability: Double, _ value: Double) {
        #expect(abs(NormalDistribution.quantile(probability) - value) < 1e-9)
        #expect(abs(NormalDistribution.cumulative(value) - probability) < 1e-12)
    }

    /// The formula is an approximation: within 3 % from ten trials on.
    @Test(arguments: [(10, 1.538752730835173), (60, 2.3192782072393774), (1_000, 3.2414357691334756)])
    func theLuckiestTrialIsExpectedWhereItIs(_ trials: Int, _ exact: Double) {
        #expect(abs(NormalDistribution.expectedMaximum(of: trials) / exact - 1) < 0.03)
        #expect(NormalDistribution.expectedMaximum(of: 1) == 0)
    }

    private static let space = SearchSpace(
        SearchScheme(
            trials: 1,
            over: [
                .init("depth", .integers(2...8, isLog: false)), .init("rate", .numbers(0.01...0.3, isLog: true)),
                .init("loss", .words(["a", "b", "c"])), .init("deep", .flags),
            ], seed: 1))

    @Test func theEndsOfTheCubeAreTheEndsOfTheSpace() {
        let low = Self.space.options(at: [0, 0, 0, 0])
        let high = Self.space.options(at: Array(repeating: 1.0.nextDown, count: 4))
        #expect(low["depth"] == .integer(2))
        #expect(low["loss"] == .text("a") && low["deep"] == .boolean(false))
        #expect(high["depth"] == .integer(8) && high["loss"] == .text("c") && high["deep"] == .boolean(true))
        guard case .number(let least)? = low["rate"], case .number(let rate)? = high["rate"] else {
            Issue.record("no rate")
            return
        }
        #expect(least >= 0.01 && least < 0.010_000_001 && rate <= 0.3 && rate > 0.299_999)
        // Halfway on a log scale is the geometric mean.
        guard case .number(let middle)? = Self.space.options(at: [0.5, 0.5, 0.5, 0.5])["rate"] else { return }
        #expect(abs(middle - (0.01 * 0.3).squareRoot()) < 1e-12)
    }

    @Test func optionsComeBackFromTheirPointAndFromTheirTexts() throws {
        for place in stride(from: 0.01, to: 1, by: 0.07) {
            let options = Self.space.options(at: [place, 1 - place, place, place])
            let point = try #require(Self.space.point(of: options))
            #expect(Self.space.options(at: point)["depth"] == options["depth"])
            #expect(Self.space.options(at: point)["loss"] == options["loss"])
        }
        let options = Self.space.options(at: [0.4, 0.3, 0.2, 0.9])
        guard case .number(let rate)? = options["rate"] else { return }
        let texts = ["depth": "4", "rate": "\(rate)", "loss": "a", "deep": "true"]
        #expect(Self.space.options(from: texts) == options)
        #expect(Self.space.point(of: ["depth": .integer(9)]) == nil)
    }
}
