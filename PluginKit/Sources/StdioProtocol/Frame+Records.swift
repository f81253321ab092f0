public import PluginKit

extension Frame {
    /// Records as a frame; `nil` for kinds with texts, which are sent as JSON (`RecordJSONCells`).
    public init?(_ content: RecordBatch.Content) {
        switch content {
        case .bars(let rows): self = .events(.bars(rows))
        case .quotes(let rows): self = .events(.quotes(rows))
        case .trades(let rows): self = .events(.trades(rows))
        case .orderBooks(let rows): self = .events(.orderBooks(rows))
        case .figures(let rows): self = .events(.figures(rows))
        case .factors(let rows): self = .events(.factors(rows))
        case .features(let batch):
            self = .features(
                batch.rows, values: Matrix(rows: batch.count, columns: batch.schema.names.count, values: batch.values))
        case .predictions(let batch):
            self = .predictions(
                batch.rows, values: Matrix(rows: batch.count, columns: batch.outputs.count, values: batch.values))
        case .outcomes, .alerts, .status: return nil
        }
    }

    /// The records of a frame; `nil` where it holds none, or other columns than the names say.
    ///
    /// - Parameters:
    ///   - constants: texts that all rows share, in the kind's order.
    ///   - names: names of the features, or of all outputs of a model.
    public func records(constants: [String], names: [OutputColumn]) -> RecordBatch.Content? {
        switch self {
        case .events(let batch): return RecordBatch.Content(batch)
        case .features(let rows, let values):
            guard values.columns == names.count else { return nil }
            return .features(
                FeatureBatch(schema: FeatureSchema(names: names.map(\.name)), rows: rows, values: values.values))
        case .predictions(let rows, let values):
            guard values.columns == names.count, constants.count == 2 else { return nil }
            return .predictions(
                PredictionBatch(
                    model: constants[0], target: constants[1], outputs: names, rows: rows, values: values.values))
        case .matrix, .bytes: return nil
        }
    }
}
