import FoundationEssentials
import Glibc
import HostProcess
import PluginKit
import Synchronization
import Testing

/// A model in a process that goes on learning: what it was taught outlives its process, label by label.
@Suite(.serialized, .enabled(if: ProcessFixture.hasPython, "python3 is not in /usr/bin"))
struct LearnerTests {
    private static let rows: [[Double]] = (0..<200).map { (row: Int) -> [Double] in
        let (first, second): (Int, Int) = (row * 37 % 101, row * 53 % 89)
        return [Double(first) / 50 - 1, Double(second) / 45 - 1]
    }
    private static let labels: [Double] = (0..<200).map { (row: Int) -> Double in
        let noise: Int = row * 29 % 17
        let drift = Double(row) / 400 + Double(noise) / 100
        return 0.5 * rows[row][0] - 0.25 * rows[row][1] + drift
    }

    private func model(_ fixture: ProcessFixture, budget: Int = 100) throws -> any Model {
        let command = fixture.example("python-online-model/model.py")
        return try make(fixture.plugin(command, budget: budget).describe(), fixture)
    }

    private func make(_ type: PluginType, _ fixture: ProcessFixture) throws -> any Model {
        guard case .model(let make) = type.maker else { throw PluginError(.unsupported, "test: no model.") }
        let options: [String: ConfigurationValue] = ["drift": .number(0.001), "prior": .number(0.1)]
        return try make(Configuration(instance: "model/a", values: options), fixture.context)
    }

    /// A learner of a fit on the first 100 rows.
    private func learner(_ model: any Model) async throws -> any Learner {
        let set = TrainingSet(
            features: ["a", "b"], values: Self.rows[..<100].flatMap(\.self), labels: Array(Self.labels[..<100]),
            times: (0..<100).map { Int64($0) }, instruments: Array(repeating: InstrumentID(rawValue: 0), count: 100))
        let artifact = try await model.fit(set, context: FitContext(seed: 1))
        let predictor = try model.load(artifact, features: ["a", "b"])
        return try #require(predictor as? any OnlinePredictor).learner()
    }

    private func teach(_ learner: inout any Learner, _ range: Range<Int>) throws {
        for row in range { try teach(&learner, Self.rows[row], Self.labels[row]) }
    }

    private func teach(_ learner: inout any Learner, _ row: [Double], _ label: Double) throws(PluginError) {
        try learner.learn(row.span, label: label)
    }

    private func predict(_ learner: any Learner, columns: Int = 2) throws -> [UInt64] {
        var output = [Double](repeating: .nan, count: columns)
        var span = output.mutableSpan
        let row = Self.rows[7]
        try learner.predict(row.span, into: &span)
        return output.map(\.bitPattern)
    }

    private func process(_ fixture: ProcessFixture) throws -> Int32 {
        try #require(
            fixture.states.withLock { states in
                states.compactMap { if case .running(let process) = $0 { process } else { nil } }.last
            })
    }

    private func isQuarantined(_ fixture: ProcessFixture) -> Bool {
        fixture.states.withLock { states in states.contains { if case .quarantined = $0 { true } else { false } } }
    }

    @Test func aKilledProcessGoesOnWithTheSameBits() async throws {
        let fixture = try ProcessFixture()
        let model = try model(fixture)
        var (whole, struck) = (try await learner(model), try await learner(model))
        let begun = try predict(whole)
        try teach(&whole, 100..<200)
        // After a saved state, between two, before the first, and twice in a row.
        var taught = 100
        for end in [110, 137, 164, 165, 200] {
            try teach(&struck, taught..<end)
            taught = end
            kill(try process(fixture), SIGKILL)
        }
        let expected = try predict(whole)
        #expect(try predict(struck) == expected && expected != begun)
        await model.stop()
    }

    @Test func copiesLearnApartAndStatesGoOnElsewhere() async throws {
        let (fixture, other) = (try ProcessFixture(), try ProcessFixture())
        let (model, second) = (try model(fixture), try model(other))
        var first = try await learner(model)
        try teach(&first, 100..<150)
        let copy = first
        let before = try predict(copy)
        try teach(&first, 150..<190)
        #expect(try predict(copy) == before)
        var writer = StateWriter()
        first.save(to: &writer)
        var elsewhere = try await learner(second)
        var reader = StateReader(writer.bytes)
        try elsewhere.restore(from: &reader)
        #expect(reader.isAtEnd)
        try teach(&first, 190..<200)
        try teach(&elsewhere, 190..<200)
        #expect(try predict(elsewhere) == predict(first))
        await model.stop()
        await second.stop()
    }

    @Test func whatItRefusesChangesNothing() async throws {
        let fixture = try ProcessFixture()
        let model = try model(fixture)
        var learner = try await learner(model)
        try teach(&learner, 100..<140)
        let before = try predict(learner)
        for label in [Double.nan, .infinity, 1e308] {
            let fault = #expect(throws: PluginError.self) {
                try teach(&learner, [1e300, 1], label)
            }
            #expect(fault?.code == .quality)
        }
        #expect(try predict(learner) == before)
        await model.stop()
    }

    /// A quarantined plugin is not there for the label; its next process is.
    @Test func labelsThatComeWhileItIsAwayAreKept() async throws {
        let (fixture, other) = (try ProcessFixture(), try ProcessFixture())
        let (model, second) = (try model(fixture, budget: 1), try model(other))
        var learner = try await learner(model)
        try teach(&learner, 100..<150)
        let number = try process(fixture)
        kill(number, SIGKILL)
        while !isQuarantined(fixture) { usleep(1_000) }
        try teach(&learner, 150..<200)
        #expect(throws: PluginError.self) { try predict(learner) }
        var writer = StateWriter()
        learner.save(to: &writer)
        var (next, whole) = (try await self.learner(second), try await self.learner(second))
        var reader = StateReader(writer.bytes)
        try next.restore(from: &reader)
        try teach(&whole, 100..<200)
        #expect(try predict(next) == predict(whole))
        await second.stop()
    }

    /// The third label ends the process each time: it is not learned, and all others are.
    @Test func aLabelThatEndsTheProcessIsLeftOut() async throws {
        let fixture = try ProcessFixture()
        let program = """
            import os
            from penstock_plugin import Model, run
            class Sum(Model):
                descriptor = {"kind": "model", "name": "sum", "summary": "Sum of labels.", "options": [], "learns": True,
                              "outputs": [{"name": "value", "unit": "", "summary": "The sum."}]}
                def fit(self, features, values, labels, seed, threads, progress): return b"0"
                def load(self, artifact, features): return {"sum": 0.0}
                def predict(self, fitted, values): return [[fitted["sum"]] for row in values]
                def learn(self, learner, row, label):
                    if label == 3: os._exit(7)
                    learner["sum"] += label
            run(Sum)
            """
        try program.write(toFile: "\(fixture.folder)/sum.py", atomically: true, encoding: .utf8)
        let command = fixture.command(["/usr/bin/python3", "\(fixture.folder)/sum.py"])
        let model = try make(fixture.plugin(command).describe(), fixture)
        var learner = try await learner(model)
        for label in [1.0, 2, 3, 4] {
            do throws(PluginError) {
                try teach(&learner, [0, 0], label)
            } catch {
                #expect(label == 3, "\(error)")
            }
        }
        #expect(try predict(learner, columns: 1) == [Double(7).bitPattern])
        await model.stop()
    }
}
