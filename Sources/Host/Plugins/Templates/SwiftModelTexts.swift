/// The sources of a new model in Swift.
enum SwiftModelTexts {
    static let model = #"""
        public import PluginKit

        /// Averages the regressions on each feature alone.
        ///
        /// - Task: regression. For each feature the least-squares line of the label over it; the prediction is their mean.
        /// - Input: `[batch, 1, feature]`, finite numbers. Output: `[batch, value]`.
        /// - Parameters: none.
        /// - Cost: `fit` O(rows * features), `predict` O(features), allocates nothing.
        /// - Seed: unused; the same set gives the same bytes.
        public struct @TYPE@: Model {
            /// What the plugin is.
            public static let descriptor = PluginDescriptor(
                kind: .model, name: "@NAME@", version: "0.1.0", summary: "@ABOUT@", stability: .experimental,
                schema: ConfigurationSchema([]),
                outputs: [OutputColumn("value", unit: "", "The prediction, in the target's unit.")])

            private let instance: String

            /// Builds an instance; it holds nothing that was learned.
            public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
                instance = configuration.instance
            }

            /// Learns means and slopes; asks every 1,024 rows whether to go on.
            public func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
                let width = set.features.count
                guard set.count > 0, set.time == 1, width > 0, (set.values + set.labels).allSatisfy(\.isFinite) else {
                    throw PluginError(
                        .badRequest,
                        "\(instance): the training set has \(set.count) rows of \(set.time) steps, or numbers that are not "
                            + "finite; allowed 1 step, 1 row or more. Drop such rows.")
                }
                let rows = Double(set.count)
                let label = set.labels.reduce(0, +) / rows
                var means = [Double](repeating: 0, count: width)
                for index in set.values.indices { means[index % width] += set.values[index] / rows }
                var (products, squares) = (means.map { _ in 0.0 }, means.map { _ in 0.0 })
                for row in 0..<set.count {
                    if row % 1_024 == 0 { try context.checkpoint(Double(row) / rows) }
                    for column in 0..<width {
                        let distance = set.values[row * width + column] - means[column]
                        products[column] += distance * (set.labels[row] - label)
                        squares[column] += distance * distance
                    }
                }
                let slopes = zip(products, squares).map { $1 > 0 ? $0 / $1 / Double(width) : 0 }
                try context.checkpoint(1)
                return @TYPE@Artifact(features: set.features, label: label, means: means, slopes: slopes).bytes
            }

            /// Makes a predictor.
            public func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
                @TYPE@Predictor(artifact: try @TYPE@Artifact(artifact, features: features), instance: instance)
            }
        }

        /// A fitted model.
        struct @TYPE@Predictor: Predictor {
            let artifact: @TYPE@Artifact
            let instance: String

            var outputs: [OutputColumn] { @TYPE@.descriptor.outputs }

            func predict(
                _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
            ) throws(PluginError) {
                let width = artifact.means.count
                guard shape.time == 1, shape.features == width, input.count == shape.count, output.count == shape.batch else {
                    throw PluginError(
                        .badRequest, "\(instance): a row has \(shape.time) x \(shape.features) numbers; allowed 1 x \(width).")
                }
                for row in 0..<shape.batch {
                    var value = artifact.label
                    for column in 0..<width {
                        value += (input[row * width + column] - artifact.means[column]) * artifact.slopes[column]
                    }
                    output[row] = value
                }
            }
        }

        """#

    static let artifact = #"""
        import PluginKit

        /// What was learned, as bytes that execute nothing: a mark, the features, the numbers, a checksum.
        struct @TYPE@Artifact: Sendable, Equatable {
            private static let mark = 0x3152_4D41_4E45_5331
            let features: [String]
            let label: Double
            let means: [Double]
            let slopes: [Double]

            init(features: [String], label: Double, means: [Double], slopes: [Double]) {
                (self.features, self.label, self.means, self.slopes) = (features, label, means, slopes)
            }

            /// The bytes.
            var bytes: [UInt8] {
                var writer = StateWriter()
                writer.write(Self.mark)
                writer.write(Self.id(features))
                writer.write(label)
                writer.write(means)
                writer.write(slopes)
                writer.write(Self.sum(writer.bytes))
                return writer.bytes
            }

            /// Reads bytes; throws `.corrupted` for damaged ones and for other features.
            init(_ bytes: [UInt8], features: [String]) throws(PluginError) {
                var reader = StateReader(bytes)
                _ = try reader.readInt(in: Self.mark...Self.mark)
                let id = try reader.readInt()
                label = try reader.readDouble()
                means = try reader.readDoubles(count: features.count)
                slopes = try reader.readDoubles(count: features.count)
                guard try reader.readInt() == Self.sum(bytes.dropLast(8)), reader.isAtEnd, id == Self.id(features) else {
                    throw PluginError(.corrupted, "the artifact is damaged or of other features. Fit the model again.")
                }
                self.features = features
            }

            private static func id(_ features: [String]) -> Int { Int(bitPattern: UInt(FeatureSchema(names: features).id)) }

            private static func sum(_ bytes: some Sequence<UInt8>) -> Int {
                Int(bitPattern: bytes.reduce(UInt(14_695_981_039_346_656_037)) { ($0 ^ UInt($1)) &* 1_099_511_628_211 })
            }
        }

        """#

    static let tests = #"""
        import PluginKit
        import Testing

        @testable import @MODULE@

        struct @TYPE@Tests {
            @Test func learnsALine() async throws {
                let model = try @TYPE@(
                    Configuration(instance: "model/x", values: [:]),
                    context: PluginContext(baseDirectory: ".", stateDirectory: ".", instruments: NoNames()))
                let values = (0..<20).map(Double.init)
                let set = TrainingSet(
                    features: ["x"], values: values, labels: values.map { 2 * $0 + 1 },
                    times: values.map { Int64($0) }, instruments: values.map { _ in InstrumentID(rawValue: 0) })
                let predictor = try model.load(try await model.fit(set, context: FitContext(seed: 1)), features: ["x"])
                var output = [0.0]
                var span = output.mutableSpan
                try predictor.predict([30].span, shape: TensorShape(batch: 1, features: 1), into: &span)
                #expect(abs(output[0] - 61) < 1e-9)
            }
        }

        private struct NoNames: InstrumentDirectory {
            func instrument(_ id: InstrumentID) -> Instrument { Instrument(code: "X", venue: "US") }
            func id(of instrument: Instrument) -> InstrumentID? { nil }
        }

        """#
}
