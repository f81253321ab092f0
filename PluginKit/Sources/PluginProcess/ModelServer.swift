import PluginKit
import StdioProtocol
import Synchronization

/// Serves a model: fits in tasks, predicts at once. What each instrument teaches it is a value of its own.
final class ModelServer: KindServer {
    private let model: any Model
    private let channel: HostChannel
    private var predictors: [Int64: (predictor: any Predictor, features: Int)] = [:]
    private var learners: [Int64: any Learner] = [:]
    var plugin: (any Plugin)? { model }

    init(_ model: any Model, _ channel: HostChannel) {
        self.model = model
        self.channel = channel
    }

    func respond(to message: Message) throws(PluginError) -> Response? {
        switch message.type {
        case "fit": try fit(message)
        case "load": .now(try load(message))
        case "predict": .now(try predict(message))
        case "learn": .now(try learn(message))
        case "checkpoint": .now(try save(message))
        case "restore": .now(try restore(message))
        case "drop": drop(message)
        case "probe": .probe(model)
        default: nil
        }
    }

    private func drop(_ message: Message) -> Response {
        if let id = message.body["predictor"]?.integer { predictors[id] = nil }
        if let id = message.body["learner"]?.integer { learners[id] = nil }
        return .silent
    }

    private func fit(_ message: Message) throws(PluginError) -> Response {
        let set = try TrainingSet(message)
        let (progress, figures) = (Progress(message.id, channel), Figures())
        let context = FitContext(
            seed: UInt64(bitPattern: message.body["seed"]?.integer ?? 0),
            threads: Int(message.body["threads"]?.integer ?? 1)
        ) { (fraction) throws(PluginError) in
            try progress.report(fraction)
        } report: { figure, value in
            figures.take(figure, value)
        }
        let model = model
        return .later { () async throws(PluginError) in
            let artifact = try await model.fit(set, context: context)
            return Answer(figures.body, frames: [.bytes(artifact)])
        }
    }

    private func load(_ message: Message) throws(PluginError) -> Answer {
        let (id, features) = (try message.predictor(), message.names("features"))
        let bytes = (try? message.bytes()) ?? []
        let predictor = try model.load(bytes, features: features)
        predictors[id] = (predictor, features.count)
        var body: [String: JSONValue] = ["outputs": .array(predictor.outputs.map(\.json))]
        if predictor is any OnlinePredictor { body["learns"] = .boolean(true) }
        return Answer(body)
    }

    private func predict(_ message: Message) throws(PluginError) -> Answer {
        guard let (predictor, features) = predictors[try message.predictor()], let input = try? message.matrix() else {
            throw PluginError(.badRequest, "'predict' names no loaded predictor, or has no matrix.")
        }
        let time = Int(clamping: message.body["time"]?.integer ?? 1)
        guard time > 0, time <= input.columns, input.columns == time * features else {
            throw PluginError(
                .badRequest, "a row has \(input.columns) numbers; allowed \(features) features for each step.")
        }
        let width = predictor.outputs.count
        var output = [Double](repeating: .nan, count: input.rows * width)
        if message.body["learner"] == nil {
            var span = output.mutableSpan
            try predictor.predict(
                input.values.span, shape: TensorShape(batch: input.rows, time: time, features: features), into: &span)
        } else {
            let (_, learner) = try learner(message)
            for row in 0..<input.rows {
                var own = [Double](repeating: .nan, count: width)
                var span = own.mutableSpan
                try learner.predict(
                    input.values.span.extracting(row * features..<(row + 1) * features), into: &span)
                output.replaceSubrange(row * width..<(row + 1) * width, with: own)
            }
        }
        return Answer(frames: [.matrix(Matrix(rows: input.rows, columns: width, values: output))])
    }
}

// What instruments teach it.
extension ModelServer {
    /// The learner of a message and its number; a number seen first is one that begins with the fit.
    private func learner(_ message: Message) throws(PluginError) -> (Int64, any Learner) {
        guard let id = message.body["learner"]?.integer else {
            throw PluginError(.badRequest, "'\(message.type)' has no 'learner'.")
        }
        if let known = learners[id] { return (id, known) }
        guard let predictor = predictors[try message.predictor()]?.predictor as? any OnlinePredictor else {
            throw PluginError(.badRequest, "'\(message.type)' names no loaded predictor that learns.")
        }
        return (id, predictor.learner())
    }

    private func learn(_ message: Message) throws(PluginError) -> Answer {
        var (id, learner) = try learner(message)
        guard let rows = try? message.matrix(), let labels = try? message.matrix(1), labels.columns == 1,
            rows.rows == labels.rows
        else { throw PluginError(.badRequest, "'learn' has no matrix of rows, or not one label a row.") }
        var refused: [JSONValue] = []
        // Taken out, so that there is one reference and the change is in place.
        learners[id] = nil
        defer { learners[id] = learner }
        for row in 0..<rows.rows {
            let numbers = rows.values.span.extracting(row * rows.columns..<(row + 1) * rows.columns)
            do throws(PluginError) {
                try learner.learn(numbers, label: labels.values[row])
            } catch {
                refused.append(
                    .object([
                        "row": .integer(Int64(row)), "code": .text(error.code.description),
                        "message": .text(error.message),
                    ]))
            }
        }
        return Answer(refused.isEmpty ? [:] : ["refused": .array(refused)])
    }

    private func save(_ message: Message) throws(PluginError) -> Answer {
        var writer = StateWriter()
        try learner(message).1.save(to: &writer)
        return Answer(frames: [.bytes(writer.bytes)])
    }

    private func restore(_ message: Message) throws(PluginError) -> Answer {
        var (id, learner) = try learner(message)
        var reader = StateReader((try? message.bytes()) ?? [])
        try learner.restore(from: &reader)
        guard reader.isAtEnd else { throw PluginError(.corrupted, "a state has more bytes than one of it.") }
        learners[id] = learner
        return Answer()
    }
}

extension Response {
    /// Asks an instance whether its outside is there.
    static func probe(_ plugin: any Plugin) -> Response {
        .later { () async throws(PluginError) in
            try await plugin.probe()
            return Answer()
        }
    }
}

extension Message {
    fileprivate func predictor() throws(PluginError) -> Int64 {
        guard let id = body["predictor"]?.integer else {
            throw PluginError(.badRequest, "'\(type)' has no 'predictor'.")
        }
        return id
    }

    fileprivate func names(_ member: String) -> [String] { body[member]?.array?.compactMap(\.text) ?? [] }
}

extension TrainingSet {
    /// Reads the frames of `fit`: the rows, and for each example its event time, label, instrument, first row and weight.
    fileprivate init(_ message: Message) throws(PluginError) {
        let features = message.names("features")
        let time = Int(clamping: message.body["time"]?.integer ?? 1)
        guard let rows = try? message.matrix(), rows.columns == features.count, message.frames.count == 2,
            case .predictions(let examples, let more) = message.frames[1], (1...2).contains(more.columns), time > 0
        else {
            throw PluginError(
                .badRequest, "'fit' has no matrix of rows, or no examples with the first row of each.")
        }
        let column = { (column: Int) in
            stride(from: column, to: more.values.count, by: more.columns).map { more.values[$0] }
        }
        let starts = column(0).compactMap { Int(exactly: $0) }
        guard starts.count == examples.count, starts.allSatisfy({ $0 >= 0 && $0 <= rows.rows - time }) else {
            throw PluginError(.badRequest, "'fit' has an example whose window does not lie in its rows.")
        }
        self.init(
            features: features, time: time, values: rows.values, starts: starts, labels: examples.map(\.value),
            times: examples.map(\.time), instruments: examples.map(\.instrument),
            weights: more.columns == 2 ? column(1) : [])
    }
}

/// What a fit reports, as its answer carries it.
private final class Figures: Sendable {
    private let found = Mutex<[String: JSONValue]>([:])

    func take(_ figure: String, _ value: Double) { found.withLock { $0[figure] = .finite(value) } }

    var body: [String: JSONValue] {
        let found = found.withLock { $0 }
        return found.isEmpty ? [:] : ["figures": .object(found)]
    }
}

/// Tells the host how far a fit is, at most 200 times a second.
private final class Progress: Sendable {
    private static let pause = Duration.milliseconds(5)
    private let id: UInt64
    private let channel: HostChannel
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    init(_ id: UInt64, _ channel: HostChannel) {
        self.id = id
        self.channel = channel
    }

    func report(_ fraction: Double) throws(PluginError) {
        guard !Task.isCancelled else { throw PluginError(.cancelled, "the fit was cancelled.") }
        let now = ContinuousClock.now
        let isDue = last.withLock { last in
            if let last, now - last < Self.pause { return false }
            last = now
            return true
        }
        if isDue { channel.tell("progress", id: id, ["fraction": .finite(fraction)]) }
    }
}
