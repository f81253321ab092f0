import PluginKit

/// A model that one plugin fits and another serves: what the first learned is an artifact of the second.
///
/// So a model can be fitted in a process, by any language, and be served inside the host; the process runs for fits alone.
struct ServedModel: Model {
    static let descriptor = PluginDescriptor(
        kind: .model, name: "served", summary: "A model that another plugin serves.", schema: ConfigurationSchema([]))

    private let fitting: any Model
    private let serving: any Model
    private let names: (fitting: String, serving: String)

    init(fitting: any Model, serving: any Model, names: (fitting: String, serving: String)) {
        (self.fitting, self.serving, self.names) = (fitting, serving, names)
    }

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "\(configuration.instance): a served model is made of two.")
    }

    /// Asks what serves; what fits is asked when it is to fit.
    func probe() async throws(PluginError) { try await serving.probe() }

    func stop() async {
        await fitting.stop()
        await serving.stop()
    }

    func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        try await fitting.probe()
        let artifact = try await fitting.fit(set, context: context)
        do {
            _ = try serving.load(artifact, features: set.features)
        } catch {
            throw PluginError(
                error.code == .environment ? .environment : .malformed,
                "\(names.fitting): what it fitted cannot be served by \(names.serving): \(error.message)", cause: error)
        }
        return artifact
    }

    func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        try serving.load(artifact, features: features)
    }
}

extension PluginType {
    /// The same model, served by another plugin: options that both have go to both, what serves takes its defaults for the rest.
    func served(by server: PluginType) -> PluginType {
        guard case .model(let fit) = maker, case .model(let serve) = server.maker else { return self }
        let (own, names) = (descriptor.schema.options, (fitting: descriptor.id, serving: server.descriptor.id))
        let schema = server.descriptor.schema
        return PluginType(
            descriptor: descriptor, tier: tier,
            typeName: "\(typeName) served by \(server.descriptor.id) \(server.descriptor.version)",
            maker: .model { (options, context) throws(PluginError) in
                var values: [String: ConfigurationValue] = [:]
                for option in schema.options {
                    let isShared = own.contains { $0.name == option.name && $0.type == option.type }
                    values[option.name] = (isShared ? options.values[option.name] : nil) ?? option.defaultValue
                }
                let serving = try serve(Configuration(instance: options.instance, values: values), context)
                return ServedModel(fitting: try fit(options, context), serving: serving, names: names)
            }, outputs: { self.outputs($0) }, validate: { self.validate($0) })
    }
}
