import HostCore
import PluginKit

/// A model that may not be there yet: until it is, it can be neither fitted nor loaded, and it is prepared again later.
struct LateModel: Model {
    static let descriptor = PluginDescriptor(
        kind: .model, name: "late", summary: "Stands in for a model that is not there yet.",
        schema: ConfigurationSchema([]))
    private let slot: PluginSlot<BuiltInstance>

    init(_ slot: PluginSlot<BuiltInstance>) { self.slot = slot }

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "model/late: the host makes it itself; no manifest can name it.")
    }

    func probe() async throws(PluginError) {
        guard slot.value == nil else { return }
        throw slot.absence
    }

    func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        try await model.fit(set, context: context)
    }

    func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        try model.load(artifact, features: features)
    }

    func stop() async { await slot.end() }

    private var model: any Model {
        get throws(PluginError) {
            guard case .model(let model)? = slot.value else { throw slot.absence }
            return model
        }
    }
}
