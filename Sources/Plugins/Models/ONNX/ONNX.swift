import CivilTime
import FoundationEssentials
public import PluginKit
import TabularModels

/// Any model that was exported to an ONNX file: of PyTorch, scikit-learn, LightGBM, CatBoost and others; run by ONNX Runtime.
///
/// - Task: whatever the file was trained for; `fit` reads it and learns nothing.
/// - Input: `[batch, feature]` or `[batch, time, feature]`, floats or doubles; or an input a feature, by name. Output: `[batch, value]`.
/// - Parameters: see `descriptor`.
/// - Cost: `predict` is the runtime's, on the caller's thread; a row gives the same bits alone and in any block.
/// - Seed: unused.
/// - Artifact: the file in an envelope with the names of the features, the window and a checksum.
public struct ONNX: Model {
    /// What the plugin is: `model/onnx`.
    public static let descriptor = PluginDescriptor(
        kind: .model, name: "onnx", summary: "A model from an ONNX file: PyTorch, scikit-learn and others.",
        schema: ConfigurationSchema([
            .path("file", "The ONNX file."),
            .text("output", "Name of the output that holds the prediction; absent: the first of numbers."),
            .integer(
                "column", -64...63, default: -1,
                "Which number of a row of the output is the prediction; -1 the last: of two classes the probability of 1."
            ),
            .text(
                "trained_through",
                "Last day of what the file was trained on, 2019-12-31; tests before it are left out. Absent: every test counts."
            ),
            .path("library", "Path of libonnxruntime.so; absent: where Python's package has it."),
        ]),
        outputs: [OutputColumn("value", unit: "", "The prediction, in the unit that the file was trained for.")])

    private let file: String?
    private let output: String?
    private let column: Int
    private let trainedThrough: Int64
    private let library: String?
    private let folder: String
    private static let format = SealedArtifact("ONNX", owner: ONNXLibrary.owner)
    private static let limit = 512 << 20

    /// Finds a day that is none.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        guard let text = try? configuration.text("trained_through"), ISO8601.date(text) == nil else { return [] }
        return [
            ConfigurationFault(
                option: "trained_through",
                "'trained_through' is \(PluginError.quoted(text)); allowed a day. Write it as 2019-12-31.")
        ]
    }

    /// Takes the options; does no I/O and does not look for the library.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        func path(_ name: String) throws(PluginError) -> String? {
            configuration.has(name) ? context.resolve(try configuration.text(name)) : nil
        }
        file = try path("file")
        library = try path("library")
        output = configuration.has("output") ? try configuration.text("output") : nil
        column = configuration.has("column") ? try configuration.integer("column") : -1
        let day = configuration.has("trained_through") ? try configuration.text("trained_through") : ""
        trainedThrough = ISO8601.date(day).flatMap { UTCTime(date: $0, ofDay: 86_399_999_999_999).nanoseconds } ?? .min
        folder = context.baseDirectory
    }

    /// Throws `.environment` where the library is missing.
    public func probe() async throws(PluginError) { _ = try ONNXLibrary(path: library, folder: folder) }

    /// Reads the file and compares it with the features; learns nothing.
    ///
    /// Throws `.badRequest` where they do not match, `.noData` for rows that end before what the file was trained on ends.
    public func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        try context.checkpoint(0)
        try check(set)
        let bytes = try read()
        _ = try predictor(bytes, features: set.features, time: set.time)
        try context.checkpoint(1)
        var body = StateWriter()
        body.write(set.time)
        return Self.format.seal(body.bytes + bytes, features: set.features)
    }

    /// Makes a predictor; throws `.corrupted` for damaged bytes, `.badRequest` for an artifact of other features.
    public func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        let body = try Self.format.open(artifact, features: features)
        var head = StateReader(Array(body.prefix(8)))
        return try predictor(Array(body.dropFirst(8)), features: features, time: try head.readInt(in: 1...4_096))
    }

    private func predictor(
        _ bytes: [UInt8], features: [String], time: Int
    ) throws(PluginError) -> ONNXPredictor {
        let named = try ONNXFile(bytes, name: "\(ONNXLibrary.owner): \(file.map(PluginError.quoted) ?? "the model")")
            .features
        let session = try ONNXSession(try ONNXLibrary(path: library, folder: folder), bytes)
        let layout = try ONNXLayout(
            session, named: named, features: features, time: time, output: output, column: column)
        return try ONNXPredictor(session, layout, outputs: Self.descriptor.outputs)
    }

    private func read() throws(PluginError) -> [UInt8] {
        guard let file else {
            throw PluginError(
                .configuration, "\(ONNXLibrary.owner): 'file' is missing. Set it to the path of an ONNX file.")
        }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw PluginError(
                .notFound,
                "\(ONNXLibrary.owner): 'file' is \(PluginError.quoted(file)), which cannot be read. Correct it.")
        }
        guard data.count <= Self.limit else {
            throw PluginError(
                .unsupported,
                "\(ONNXLibrary.owner): \(PluginError.quoted(file)) has \(data.count >> 20) MiB; allowed \(Self.limit >> 20)."
            )
        }
        return Array(data)
    }

    private func check(_ set: TrainingSet) throws(PluginError) {
        guard let last = set.times.last, !set.features.isEmpty else {
            throw PluginError(
                .noData, "\(ONNXLibrary.owner): there are no rows to be judged by. Give features and history.")
        }
        guard last >= trainedThrough else {
            throw PluginError(
                .noData,
                "\(ONNXLibrary.owner): the file was trained through \(ISO8601.format(trainedThrough, decimals: 0)), and these rows "
                    + "end \(ISO8601.format(last, decimals: 0)). Give more history, or more folds.")
        }
        guard set.values.allSatisfy(\.isFinite), set.labels.allSatisfy(\.isFinite) else {
            throw PluginError(
                .badRequest,
                "\(ONNXLibrary.owner): a row or label is no finite number; allowed are finite numbers. Drop it.")
        }
    }
}
