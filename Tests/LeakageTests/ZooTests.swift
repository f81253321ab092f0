import Builtin
import HostCore
import HostTraining
import PluginKit
import PredictionTargets
import Testing

/// Known leaks are caught, and what ships is clean.
@Suite struct ZooTests {
    @Test func everyLeakIsCaught() async throws {
        var lines: [String] = []
        for leak in Zoo.leaks {
            let verdict = try await leak.verdict()
            let failed = verdict.failed.joined(separator: ", ")
            lines.append("| \(leak.name) | \(failed.isEmpty ? "not caught" : failed) |")
            #expect(verdict.outcome == .fail, "\(leak.name) is not caught")
            for check in verdict.checks where check.outcome == .fail {
                #expect(!check.message.isEmpty && !check.numbers.isEmpty, "\(leak.name): \(check)")
            }
        }
        print((["| Leak | Caught by |", "|---|---|"] + lines).joined(separator: "\n"))
        #expect(Zoo.leaks.count >= 12 && Set(Zoo.leaks.map(\.name)).count == Zoo.leaks.count)
    }

    /// Every indicator over bars that ships, with the options it has by itself.
    @Test func shippedFeaturesAreClean() throws {
        let plugins = Builtin.plugins.filter { $0.descriptor.kind == .indicator && $0.descriptor.reads == .bar }
        var instances: [FeaturePlan.Instance] = []
        var left: [String] = []
        for plugin in plugins {
            let configuration = Zoo.configuration(plugin)
            guard case .indicator(let make) = plugin.maker, let made = try? make(configuration) else {
                left.append(plugin.descriptor.name)
                continue
            }
            instances.append(
                FeaturePlan.Instance(
                    id: plugin.descriptor.name, outputs: plugin.outputs(configuration), prototype: made))
        }
        let features = FeaturePlan(instances: instances)
        let data = try Zoo.data(features, RealPrices.bars(3))
        let checks = FeatureProbe(data, Zoo.plan(try ridge(), features.schema.names)).checks()
        for check in checks where check.check != .adjustedPrices {
            #expect(check.outcome == .pass && (check.numbers["rows"] ?? 0) > 900, "\(check)")
        }
        // Those that are nothing without an option: a formula, a comparison.
        #expect(instances.count > 100 && left.count <= 4, "left out: \(left)")
        print("\(instances.count) indicators, \(features.width) columns: clean; without defaults: \(left.sorted())")
    }

    /// Every model that ships and whose library is here, over honest features and members.
    @Test func shippedModelsAreClean() async throws {
        let features = FeaturePlan([
            ("rsi", try Zoo.rsi()), ("atr", try Zoo.indicator("atr")), ("roc", try Zoo.indicator("rate_of_change")),
        ])
        var data = try Zoo.data(features, RealPrices.bars(1))
        for (id, columns) in [("one", ["rsi"]), ("two", ["atr", "roc"])] {
            let plan = Zoo.plan(try ridge(), columns)
            let artifact = try await Trainer(plan: plan).fit(data)
            let timeline = try Trainer.timeline(
                artifact, model: plan.model, features: columns, instruments: data.instruments)
            data.join(model: id, try data.predictions(plan, timeline))
        }
        var lines: [String] = []
        for plugin in Builtin.plugins where plugin.descriptor.kind == .model {
            guard case .model(let make) = plugin.maker else { continue }
            let name = plugin.descriptor.name
            do {
                let model = try make(Zoo.configuration(plugin), context)
                try await model.probe()
                let plan = TrainingPlan(
                    id: name, model: model, descriptor: plugin.descriptor,
                    members: plugin.descriptor.combines ? ["one", "two"] : [], features: features.schema.names,
                    target: Target(.relativeReturn, bars: 1),
                    validation: ValidationScheme(folds: 3, embargo: 5, minTrain: 60), seed: 7, threads: 1,
                    configurationDigest: name)
                let card = ModelCard(json: try await Trainer(plan: plan).fit(data).card)
                let verdict = try #require(card?.leakage)
                #expect(verdict.outcome == .pass, "\(name): \(verdict.checks)")
                let skipped = verdict.checks.filter { $0.outcome == .skipped }.map(\.check.rawValue)
                lines.append("\(name): pass; nothing to check: \(skipped.joined(separator: ", "))")
            } catch let fault as PluginError where fault.code == .environment || fault.code == .configuration {
                lines.append("\(name): left out, \(fault.message)")
            }
        }
        #expect(lines.count { $0.contains(": pass") } >= 5, "\(lines)")
        print(lines.joined(separator: "\n"))
    }

    /// What is dated by its publication, or adjusted and read by ratios alone, passes.
    @Test func honestTwinsPass() async throws {
        let adjusted = try await Zoo.verdict(
            try Zoo.data(FeaturePlan([("rsi", try Zoo.rsi())]), RealPrices.bars(1, isAdjusted: true)), ["rsi"], ridge())
        #expect(adjusted.outcome == .pass, "\(adjusted.checks)")
        #expect(adjusted.checks.first { $0.check == .adjustedPrices }?.outcome == .pass)
        let bars = try RealPrices.bars(1)
        var data = TrainingData(
            bars: bars, features: FeaturePlan([("honest", try Zoo.rsi())]), instruments: RealPrices.instruments)
        data.join(["known.age", "known.eps.age", "known.eps"], bars.flatMap { Zoo.figures(at: $0.time, lag: 34) })
        data.computeFeatures()
        let dated = try await Zoo.verdict(data, ["honest", "known.eps"], ridge())
        #expect(dated.checks.first { $0.check == .figureDates }?.outcome == .pass, "\(dated.checks)")
        #expect(dated.outcome == .pass, "\(dated.checks)")
    }

    @Test func aVerdictIsTheSameAtEveryFit() async throws {
        let data = try Zoo.data(FeaturePlan([("honest", try Zoo.rsi())]))
        var first = try await Zoo.verdict(data, ["honest"], ridge())
        var second = try await Zoo.verdict(data, ["honest"], ridge())
        (first.seconds, second.seconds) = (0, 0)
        #expect(first == second && first.outcome == .pass)
        #expect(first.checks.map(\.check) == LeakageVerdict.Kind.allCases)
        #expect((first.checks.first { $0.check == .tooGood }?.numbers["p_value"] ?? 0) > 0.001)
    }
}
