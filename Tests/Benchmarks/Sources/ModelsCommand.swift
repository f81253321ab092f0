import ArgumentParser
import Builtin
import CAllocationCounter
import PluginKit

/// One prediction of each family of models as the service makes it, and a row of a block of 500: fitted on rows made up for
/// measuring, with the options a user would take. A family whose library is missing is left out with its message.
struct ModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "models")

    @Option(help: "Predictions to time.") var calls = 100_000

    private static let width = 20
    private static let block = 500

    private struct Family {
        let name: String
        let plugin: String
        var options: [String: ConfigurationValue] = [:]
    }

    private static let families = [
        Family(name: "linear", plugin: "model/linear"),
        Family(name: "online", plugin: "model/online_linear"),
        Family(
            name: "forest", plugin: "model/random_forest",
            options: ["trees": .integer(100), "max_depth": .integer(8)]),
        Family(name: "boosting", plugin: "model/gradient_boosting"),
        Family(name: "xgboost", plugin: "model/xgboost", options: ["rounds": .integer(100)]),
        Family(name: "svm", plugin: "model/svm", options: ["max_rows": .integer(2_000)]),
    ]

    func run() async throws {
        let set = XGBoostCommand.trainingSet(rows: 4_000)
        var members: [any Predictor] = []
        for family in Self.families {
            guard let predictor = try await Self.fitted(family, set) else { continue }
            try Self.measure(predictor, set, family.name, calls: calls)
            if let online = predictor as? any OnlinePredictor { try measure(learnerOf: online, set, family.name) }
            if family.name != "svm" { members.append(predictor) }
        }
        try LibraryBatches.measure(set)
        try await measure(ensembleOf: members, set)
    }

    /// What a family learns of a set; `nil`, and printed, where its library is missing.
    private static func fitted(_ family: Family, _ set: TrainingSet) async throws -> (any Predictor)? {
        guard let plugin = Builtin.plugins.first(where: { $0.descriptor.id == family.plugin }),
            case .model(let make) = plugin.maker
        else { return nil }
        var values: [String: ConfigurationValue] = [:]
        for option in plugin.descriptor.schema.options { values[option.name] = option.defaultValue }
        let configuration = Configuration(instance: family.plugin, values: values.merging(family.options) { $1 })
        let context = PluginContext(baseDirectory: ".", stateDirectory: ".", instruments: NoInstruments())
        let model = try make(configuration, context)
        do { try await model.probe() } catch {
            print(error)
            return nil
        }
        return try model.load(try await model.fit(set, context: FitContext(seed: 7)), features: set.features)
    }

    /// A vote, its members' predictions in it: one row of five models.
    private func measure(ensembleOf members: [any Predictor], _ set: TrainingSet) async throws {
        guard members.count == 5 else { return }
        let columns = (0..<5).map { "model/m\($0)" }
        let votes = TrainingSet(
            features: columns, values: set.labels.flatMap { label in (1...5).map { label + 0.01 * Double($0) } },
            labels: set.labels, times: set.times, instruments: set.instruments)
        guard let vote = try await Self.fitted(Family(name: "vote", plugin: "model/voting"), votes) else { return }
        var spans = [Double](repeating: 0, count: calls)
        var (given, single) = ([Double](repeating: 0, count: 5), [0.0])
        let clock = ContinuousClock()
        let shape = TensorShape(batch: 1, features: Self.width)
        for call in 0..<calls {
            let example = call % set.count
            let row = set.values.span.extracting(example * Self.width..<(example + 1) * Self.width)
            let began = clock.now
            for place in 0..<5 {
                var target = single.mutableSpan
                try members[place].predict(row, shape: shape, into: &target)
                given[place] = single[0]
            }
            var target = single.mutableSpan
            try vote.predict(given.span, shape: TensorShape(batch: 1, features: 5), into: &target)
            spans[call] = began.duration(to: clock.now).inSeconds * 1e6
        }
        spans.sort()
        printResult("model_ensemble_row_p50", percentile(spans, 0.5), "us")
        printResult("model_ensemble_row_p99", percentile(spans, 0.99), "us")
    }

    /// Labels as they become known, one after the other.
    private func measure(learnerOf predictor: any OnlinePredictor, _ set: TrainingSet, _ name: String) throws {
        var learner = predictor.learner()
        let rows = set.values.span
        let before = allocation_count()
        let clock = ContinuousClock()
        let began = clock.now
        for call in 0..<calls {
            let example = call % set.count
            let row = rows.extracting(example * Self.width..<(example + 1) * Self.width)
            try learner.learn(row, label: set.labels[example])
        }
        let seconds = began.duration(to: clock.now).inSeconds
        let allocated = allocation_count() - before
        printResult("model_\(name)_label", seconds * 1e6 / Double(calls), "us")
        printResult("model_\(name)_label_allocations", Double(allocated) / Double(calls), "a_label")
    }

    /// Single predictions over the windows of a set, and blocks of its first 500.
    static func measure(_ predictor: any Predictor, _ set: TrainingSet, _ name: String, calls: Int) throws {
        let (size, width) = (set.time * set.features.count, set.features.count)
        let rows = (0..<set.count).flatMap { set.window($0) }
        var spans = [Double](repeating: 0, count: calls)
        var single = [0.0]
        var output = [Double](repeating: 0, count: block)
        let clock = ContinuousClock()
        let before = allocation_count()
        for call in 0..<calls {
            let start = call % set.count * size
            let row = rows.span.extracting(start..<start + size)
            var target = single.mutableSpan
            let began = clock.now
            try predictor.predict(row, shape: TensorShape(batch: 1, time: set.time, features: width), into: &target)
            spans[call] = began.duration(to: clock.now).inSeconds * 1e6
        }
        let allocated = allocation_count() - before
        spans.sort()
        printResult("model_\(name)_row_p50", percentile(spans, 0.5), "us")
        printResult("model_\(name)_row_p99", percentile(spans, 0.99), "us")
        printResult("model_\(name)_allocations", Double(allocated) / Double(calls), "a_row")
        let rounds = max(1, calls / block)
        let began = clock.now
        for _ in 0..<rounds {
            var target = output.mutableSpan
            let shape = TensorShape(batch: block, time: set.time, features: width)
            try predictor.predict(rows.span.extracting(0..<block * size), shape: shape, into: &target)
        }
        let seconds = began.duration(to: clock.now).inSeconds
        printResult("model_\(name)_row_in_block", seconds * 1e6 / Double(rounds * block), "us")
        printResult("model_\(name)_own_block", seconds * 1e6 / Double(rounds * block), "us")
    }
}
