import Builtin
import HostCore
import HostTraining
import PluginKit
import PredictionTargets
import RowColumns

/// A known way to let the future in, built of real parts on real prices.
struct Leak: Sendable {
    let name: String
    /// What the gate says of it.
    let verdict: @Sendable () async throws -> LeakageVerdict

    /// A leak in a feature of a linear model, beside an honest one.
    static func feature(
        _ name: String, horizon: Int = 1, instruments: Int = 1, _ rule: @escaping Peeking.Rule
    ) -> Leak {
        Leak(name: name) {
            let plan = FeaturePlan([("honest", try Zoo.rsi()), ("leak", Peeking(rule))])
            return try await Zoo.verdict(
                try Zoo.data(plan, RealPrices.bars(instruments)), ["honest", "leak"], ridge(), horizon: horizon)
        }
    }

    /// A model that leaks over an honest feature.
    static func model(_ name: String, _ model: any Model) -> Leak {
        Leak(name: name) {
            try await Zoo.verdict(try Zoo.data(FeaturePlan([("honest", try Zoo.rsi())])), ["honest"], model)
        }
    }
}

enum Zoo {
    static func plugin(_ name: String) throws -> PluginType {
        guard let found = Builtin.plugins.first(where: { $0.descriptor.name == name }) else {
            throw PluginError(.notFound, name)
        }
        return found
    }

    /// Options as declared, with some set.
    static func configuration(_ plugin: PluginType, _ set: [String: ConfigurationValue] = [:]) -> Configuration {
        var values: [String: ConfigurationValue] = [:]
        for option in plugin.descriptor.schema.options { values[option.name] = option.defaultValue }
        return Configuration(instance: plugin.descriptor.id, values: values.merging(set) { $1 })
    }

    static func indicator(_ name: String, _ set: [String: ConfigurationValue] = [:]) throws -> any Indicator {
        let plugin = try plugin(name)
        guard case .indicator(let make) = plugin.maker else { throw PluginError(.notFound, name) }
        return try make(configuration(plugin, set))
    }

    static func rsi() throws -> any Indicator { try indicator("rsi") }

    static func data(_ plan: FeaturePlan, _ bars: [Bar]? = nil) throws -> TrainingData {
        var data = TrainingData(
            bars: try bars ?? RealPrices.bars(1), features: plan, instruments: RealPrices.instruments)
        data.computeFeatures()
        return data
    }

    static func plan(_ model: any Model, _ features: [String], horizon: Int = 1) -> TrainingPlan {
        TrainingPlan(
            id: "suspect", model: model, descriptor: type(of: model).descriptor, features: features,
            target: Target(.relativeReturn, bars: horizon),
            validation: ValidationScheme(folds: 4, embargo: 5, minTrain: 60), seed: 7, threads: 1,
            configurationDigest: "c0ffee")
    }

    static func verdict(
        _ data: TrainingData, _ features: [String], _ model: any Model, horizon: Int = 1
    ) async throws -> LeakageVerdict {
        let artifact = try await Trainer(plan: plan(model, features, horizon: horizon)).fit(data)
        guard let verdict = ModelCard(json: artifact.card)?.leakage else { throw PluginError(.noData, "no verdict") }
        return verdict
    }
}
