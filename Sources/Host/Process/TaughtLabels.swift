import PluginKit
import StdioProtocol

/// How much is kept of what a learner in a process was taught.
enum LearnerLimits {
    /// Labels between two states that the process is asked for.
    static let saveEvery = 32
    /// Labels kept while the process is away; those beyond are not learned.
    static let journal = 4_096
    /// Bytes of one state.
    static let bytes = 1 << 24
}

/// What makes a learner again in another process: its last state there, and the labels since.
struct TaughtLabels: Sendable {
    /// What the process gave; `nil` for nothing but the fit.
    private(set) var state: [UInt8]?
    /// The labels since, each after the row it is of.
    private(set) var rows: [Double] = []
    private(set) var labels: [Double] = []

    /// Nothing was taught.
    init() {}

    /// Whether the process is to be asked for its state.
    var isDue: Bool { labels.count >= LearnerLimits.saveEvery }

    /// The labels since the state, as `learn` takes them.
    var frames: [Frame] { Self.frames(rows, labels) }

    /// Rows and their labels as `learn` takes them.
    static func frames(_ rows: [Double], _ labels: [Double]) -> [Frame] {
        let width = labels.isEmpty ? 0 : rows.count / labels.count
        return [
            .matrix(Matrix(rows: labels.count, columns: width, values: rows)),
            .matrix(Matrix(rows: labels.count, columns: 1, values: labels)),
        ]
    }

    mutating func append(_ row: [Double], _ label: Double) {
        rows += row
        labels.append(label)
    }

    /// Takes a state that holds all of it.
    mutating func settle(_ state: [UInt8]) {
        self.state = state
        rows.removeAll(keepingCapacity: true)
        labels.removeAll(keepingCapacity: true)
    }

    func save(to writer: inout StateWriter) {
        writer.write(state == nil ? 0 : 1)
        writer.write(bytes: state ?? [])
        writer.write(labels)
        writer.write(rows)
    }

    /// Reads what `save` wrote; throws `.corrupted` for something else.
    init(from reader: inout StateReader) throws(PluginError) {
        let hasState = try reader.readInt(in: 0...1) == 1
        let bytes = try reader.readBytes(limit: LearnerLimits.bytes)
        state = hasState ? bytes : nil
        var copy = reader
        let count = try copy.readInt(in: 0...LearnerLimits.journal)
        labels = try reader.readDoubles(count: count)
        copy = reader
        let numbers = try copy.readInt(in: 0...count * 65_536)
        rows = try reader.readDoubles(count: numbers)
        guard count == 0 ? numbers == 0 : numbers % count == 0 else {
            throw PluginError(.corrupted, "a learned state has \(numbers) numbers in \(count) rows.")
        }
    }
}
