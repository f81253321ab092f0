import PluginKit
import Synchronization

/// A model that predicts the mean label and a share of the first feature; with one flaw, or with none.
struct MutantModel: Model {
    enum Flaw: String, CaseIterable {
        case none, fitsDifferentlyEachTime, drifts, looksAhead, takesAnyShape, mixesFeatures, loadsCutBytes
        case predictsInfinityWhenSpoiled, ignoresCancellation, fitsNaN, namesOtherOutputs, neverAsksToGoOn
    }

    static let descriptor = PluginDescriptor(
        kind: .model, name: "mutant", summary: "Predicts the mean.", schema: ConfigurationSchema([]),
        outputs: [OutputColumn("value", unit: "", "The prediction.")])
    let flaw: Flaw
    private let fits = Counter()

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) { self.init(.none) }

    init(_ flaw: Flaw) { self.flaw = flaw }

    static func type(_ flaw: Flaw) -> PluginType {
        PluginType(
            descriptor: descriptor, tier: .static, typeName: "MutantModel",
            maker: .model { (_, _) throws(PluginError) in MutantModel(flaw) }, validate: { _ in [] })
    }

    func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        guard set.count > 0, flaw == .fitsNaN || set.values.allSatisfy(\.isFinite) else {
            throw PluginError(.badRequest, "model/mutant: the set has no rows or a NaN. Drop the row.")
        }
        if flaw != .neverAsksToGoOn {
            for step in 0..<4 {
                do throws(PluginError) { try context.checkpoint(Double(step) / 4) } catch {
                    if flaw != .ignoresCancellation { throw error }
                }
            }
        }
        var mean = set.labels.reduce(0, +) / Double(set.count)
        if flaw == .fitsDifferentlyEachTime { mean += Double(fits.next()) }
        var writer = StateWriter()
        writer.write(identity(set.features))
        writer.write(set.features.count)
        writer.write(mean)
        writer.write(Int(Int64(bitPattern: mean.bitPattern)) ^ 0x55)
        return writer.bytes
    }

    func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        if flaw == .loadsCutBytes, artifact.count < 32 { return predictor(0, features.count) }
        var reader = StateReader(artifact)
        let identity = try reader.readInt()
        let count = try reader.readInt()
        let mean = try reader.readDouble()
        let check = try reader.readInt()
        if check != Int(Int64(bitPattern: mean.bitPattern)) ^ 0x55 {
            guard flaw == .predictsInfinityWhenSpoiled else {
                throw PluginError(.corrupted, "model/mutant: the artifact has a wrong checksum. Fit again.")
            }
            return predictor(.infinity, features.count)
        }
        guard identity == self.identity(features), count == features.count else {
            throw PluginError(.badRequest, "model/mutant: the artifact is of other features. Fit again.")
        }
        return predictor(mean, count)
    }

    private func predictor(_ mean: Double, _ width: Int) -> MutantPredictor {
        let name = flaw == .namesOtherOutputs ? "other" : "value"
        return MutantPredictor(
            outputs: [OutputColumn(name, unit: "", "The prediction.")], mean: mean, width: width, flaw: flaw)
    }

    private func identity(_ features: [String]) -> Int {
        let names = flaw == .mixesFeatures ? features.sorted() : features
        return Int(Int64(bitPattern: FeatureSchema(names: names).id))
    }
}

private struct MutantPredictor: Predictor {
    let outputs: [OutputColumn]
    let mean: Double
    let width: Int
    let flaw: MutantModel.Flaw
    let calls = Counter()

    func predict(
        _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
    ) throws(PluginError) {
        guard flaw == .takesAnyShape || (shape.features == width && shape.time == 1) else {
            throw PluginError(.badRequest, "model/mutant: the block has another shape.")
        }
        let drift = flaw == .drifts ? Double(calls.next()) : 0
        for row in 0..<shape.batch {
            let seen = flaw == .looksAhead ? min(row + 1, shape.batch - 1) : row
            output[row] = mean + 0.1 * input[seen * shape.features] + drift
        }
    }
}

/// Counts calls.
final class Counter: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
