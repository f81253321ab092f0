import HostCore
import PluginKit
import Synchronization

private let unused = PluginError(.unsupported, "test: built directly.")

/// Pushes prepared deliveries, then ends, fails or waits to be stopped.
final class ArrayProvider: Provider {
    /// What it does after its deliveries.
    enum Ending: Sendable {
        case ends
        case fails(PluginError)
        /// Waits until it is cancelled.
        case waits
        /// Waits at a gate, cancelled or not.
        case hangs(Gate)
    }

    static let descriptor = PluginDescriptor(
        kind: .provider, name: "array", summary: "", schema: ConfigurationSchema([]))

    private let deliveries: [Delivery]
    private let ending: Ending
    private let before: @Sendable (Int) async -> Void
    private let told = Mutex<[String]>([])
    /// Thrown when every delivery was received.
    let isDone = StopSignal()

    init(
        _ deliveries: [Delivery], then ending: Ending = .ends,
        before: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.deliveries = deliveries
        self.ending = ending
        self.before = before
    }

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) { throw unused }

    /// Positions it was told are durable.
    var acknowledged: [String] { told.withLock { $0 } }

    func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
        for (number, delivery) in deliveries.enumerated() {
            await before(number)
            try await receiver.receive(delivery)
        }
        isDone.fire()
        switch ending {
        case .ends: return
        case .fails(let error): throw error
        case .waits: await StopSignal().wait()
        case .hangs(let gate): await gate.pass()
        }
        throw PluginError(.cancelled, "array: cancelled.")
    }

    func acknowledge(_ position: StreamPosition) async { told.withLock { $0.append(position.text) } }
}

/// Keeps what it takes and answers as a test says.
final class RecordingSink: Sink {
    typealias Answer = @Sendable (_ call: Int, RecordBatch) async throws(PluginError) -> WriteReceipt

    static let descriptor = PluginDescriptor(
        kind: .sink, name: "recording", summary: "", schema: ConfigurationSchema([]))

    private struct State {
        var calls = 0
        var flushes = 0
        var rows: [SeenRow] = []
        var sequences: [UInt64] = []
        var watchers: [(rows: Int, signal: StopSignal)] = []
    }

    private let state = Mutex(State())
    private let answer: Answer
    private let answerFlush: @Sendable (_ call: Int) async throws(PluginError) -> Void

    init(
        answer: @escaping Answer = { _, _ in .accepted },
        flush: @escaping @Sendable (Int) async throws(PluginError) -> Void = { _ in }
    ) {
        self.answer = answer
        answerFlush = flush
    }

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) { throw unused }

    /// Rows it took, in order.
    var rows: [SeenRow] { state.withLock { $0.rows } }
    /// Rows it took, by kind.
    func rows(_ kind: RecordKind) -> [SeenRow] { rows.filter { $0.kind == kind } }
    var calls: Int { state.withLock { $0.calls } }
    var flushes: Int { state.withLock { $0.flushes } }
    /// Sequences of the batches it took something of.
    var sequences: [UInt64] { state.withLock { $0.sequences } }

    func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        let call = state.withLock { state in
            state.calls += 1
            return state.calls
        }
        let receipt = try await answer(call, batch)
        let left = Set(receipt.rejected.map(\.row) + receipt.retry)
        let taken = batch.seenRows.enumerated().filter { !left.contains($0.offset) }.map(\.element)
        let ready = state.withLock { state in
            state.rows += taken
            if !taken.isEmpty { state.sequences.append(batch.sequence) }
            let ready = state.watchers.filter { $0.rows <= state.rows.count }
            state.watchers.removeAll { $0.rows <= state.rows.count }
            return ready
        }
        for watcher in ready { watcher.signal.fire() }
        return receipt
    }

    func flush() async throws(PluginError) {
        let call = state.withLock { state in
            state.flushes += 1
            return state.flushes
        }
        try await answerFlush(call)
    }

    /// Returns when it has taken so many rows.
    func waitForRows(_ count: Int) async {
        let signal = StopSignal()
        let isThere = state.withLock { state in
            if state.rows.count < count { state.watchers.append((count, signal)) }
            return state.rows.count >= count
        }
        if !isThere { await signal.wait() }
    }
}

/// Mean and sum of the last closes; NaN until there are `period`.
struct RollingCloses: Indicator {
    static let descriptor = PluginDescriptor(
        kind: .indicator, name: "rolling_closes", summary: "", schema: ConfigurationSchema([]),
        outputs: [OutputColumn("mean", unit: "", ""), OutputColumn("sum", unit: "", "")])

    private let period: Int
    private var closes: [Double] = []
    var warmUpLength: Int { period }

    init(period: Int) { self.period = period }
    init(_ configuration: Configuration) throws(PluginError) { period = try configuration.integer("period") }

    mutating func update(_ event: Bar, into row: OutputRow) -> Bool {
        closes.append(event.close)
        if closes.count > period { closes.removeFirst() }
        row.clear()
        guard closes.count == period else { return true }
        row[1] = closes.reduce(0, +)
        row[0] = row[1] / Double(period)
        return true
    }

    func save(to writer: inout StateWriter) { writer.write(closes) }
    mutating func restore(from reader: inout StateReader) throws(PluginError) {
        closes = try reader.readDoubles(count: period)
    }
}

/// How many events it saw.
struct EventCount: Indicator {
    static let descriptor = PluginDescriptor(
        kind: .indicator, name: "event_count", summary: "", schema: ConfigurationSchema([]),
        outputs: [OutputColumn("value", unit: "", "")])

    private var seen = 0
    var warmUpLength: Int { 1 }

    init() {}
    init(_ configuration: Configuration) throws(PluginError) {}

    mutating func update(_ event: Bar, into row: OutputRow) -> Bool {
        seen += 1
        row[0] = Double(seen)
        return true
    }

    func save(to writer: inout StateWriter) { writer.write(seen) }
    mutating func restore(from reader: inout StateReader) throws(PluginError) { seen = try reader.readInt() }
}

/// Counts events and holds something, as an indicator whose code runs elsewhere does.
struct HeldCount: Indicator {
    final class Token: Sendable {}

    static let descriptor = EventCount.descriptor
    private let token: Token?
    private var count = EventCount()
    var warmUpLength: Int { 1 }

    init(_ token: Token?) { self.token = token }
    init(_ configuration: Configuration) throws(PluginError) { token = nil }

    mutating func update(_ event: Bar, into row: OutputRow) -> Bool { count.update(event, into: row) }

    func save(to writer: inout StateWriter) { count.save(to: &writer) }
    mutating func restore(from reader: inout StateReader) throws(PluginError) { try count.restore(from: &reader) }
}

/// The sum of its inputs, plus a number of its own; can be made to fail.
struct SumPredictor: Predictor {
    enum Fault: Sendable { case throwing, infinite }

    var plus = 0.0
    var columnCount = 1
    /// What it does where the first input is above this.
    var fault: (above: Double, Fault)?

    var outputs: [OutputColumn] {
        (0..<columnCount).map { OutputColumn($0 == 0 ? "value" : "extra\($0)", unit: "", "") }
    }

    func predict(
        _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
    ) throws(PluginError) {
        for row in 0..<shape.batch {
            var sum = plus
            for column in 0..<shape.features { sum += input[row * shape.features + column] }
            if let fault, input[row * shape.features] > fault.above {
                guard fault.1 == .infinite else { throw PluginError(.badRequest, "sum: refused.") }
                sum = .infinity
            }
            for column in 0..<columnCount { output[row * columnCount + column] = sum + Double(column) }
        }
    }
}
