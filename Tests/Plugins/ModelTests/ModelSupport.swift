import Foundation
import PluginKit
import Testing
import TreeEnsembles
import XGBoostInterface
import XGBoostModel

/// A repeatable source of numbers in 0..<1; the golden values were computed from the same sequence.
struct Sequence64 {
    var state: UInt64

    mutating func next() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) / 9_007_199_254_740_992
    }
}

/// No instruments: models never ask for one.
struct NoInstruments: InstrumentDirectory {
    func instrument(_ id: InstrumentID) -> Instrument { Instrument(code: "NONE", venue: "TEST") }
    func id(of instrument: Instrument) -> InstrumentID? { nil }
}

let isXGBoostInstalled = (try? XGBoostLibrary()) != nil
let noXGBoost: Comment = "libxgboost is not installed. Install it: sudo apt-get install libxgboost-dev"

func context() -> PluginContext {
    PluginContext(baseDirectory: "/nowhere", stateDirectory: "/nowhere", instruments: NoInstruments())
}

/// The options of a plugin: defaults of its schema, some replaced.
func options(_ descriptor: PluginDescriptor, _ changes: [String: ConfigurationValue] = [:]) -> Configuration {
    var values: [String: ConfigurationValue] = [:]
    for option in descriptor.schema.options { values[option.name] = option.defaultValue }
    return Configuration(instance: descriptor.id, values: values.merging(changes) { $1 })
}

/// A set with a known, bent relation between features and label, and some noise.
func bentSet(rows: Int, features: Int, seed: UInt64 = 11) -> TrainingSet {
    var numbers = Sequence64(state: seed)
    let values = (0..<rows * features).map { _ in numbers.next() * 4 - 2 }
    let labels = (0..<rows).map { row in
        let x = values[row * features..<(row + 1) * features]
        let first = x[x.startIndex]
        let last = x[x.endIndex - 1]
        return 0.01 * (first * last + abs(first) + 0.1 * numbers.next())
    }
    return trainingSet((0..<features).map { "f.\($0)" }, values, labels)
}

func trainingSet(_ features: [String], _ values: [Double], _ labels: [Double], time: Int = 1) -> TrainingSet {
    TrainingSet(
        features: features, time: time, values: values, labels: labels, times: labels.indices.map { Int64($0) },
        instruments: labels.map { _ in InstrumentID(rawValue: 0) })
}

extension Predictor {
    /// Predicts rows of `width` features; one number a row.
    func values(_ rows: [Double], width: Int) throws -> [Double] {
        let shape = TensorShape(batch: rows.count / width, features: width)
        var output = [Double](repeating: .nan, count: shape.batch)
        try fill(&output, rows, shape)
        return output
    }

    private func fill(_ output: inout [Double], _ rows: [Double], _ shape: TensorShape) throws {
        var span = output.mutableSpan
        try predict(rows.span, shape: shape, into: &span)
    }
}

extension FlatForest {
    /// Predicts one row.
    func value(_ row: [Double]) -> Float { predict(row.span) }

    /// Predicts one row in single precision.
    func value(single row: [Float]) -> Float { predict(row.span) }
}

/// Returns the error a call threw, or records that it threw none.
func fault(_ call: () async throws -> Void) async -> PluginError? {
    do {
        try await call()
        Issue.record("no error was thrown")
        return nil
    } catch {
        return error as? PluginError
    }
}

/// The repository's root, found from this file.
let repository = (0..<4).reduce(URL(filePath: #filePath).resolvingSymlinksInPath()) { place, _ in
    place.deletingLastPathComponent()
}
