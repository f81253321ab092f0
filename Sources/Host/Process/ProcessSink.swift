package import PluginKit
import StdioProtocol
import Synchronization

/// A sink whose code runs in a process of its own; a write is done when the process acknowledged its sequence.
///
/// What a process took and did not make durable is gone with it: a flush is good only for what its own process was given.
package struct ProcessSink: Sink {
    private let session: ProcessSession
    /// The processes that took rows since the last flush.
    private let writers = WriterList()

    /// Stands in for every process sink; the real descriptor is the type's.
    package static let descriptor = PluginDescriptor(
        kind: .sink, name: "process", summary: "A sink in a process of its own.", schema: ConfigurationSchema([]))

    init(_ session: ProcessSession) { self.session = session }

    /// Throws: a process sink is made by `ProcessPlugin`.
    package init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "\(configuration.instance): a process plugin needs its command.")
    }

    package func probe() async throws(PluginError) {
        _ = try await session.ask("probe", within: session.setup.deadlines.exchange)
    }

    package func stop() async { await session.end() }

    package func flush() async throws(PluginError) {
        let writers = writers.take()
        let isGone = session.running.map { Set(writers.keys) != [ObjectIdentifier($0.child)] } ?? true
        // Another process must not make durable what it was given behind a gap.
        if isGone, !writers.isEmpty { throw lost }
        let flushed = WriterList()
        _ = try await session.ask(
            "checkpoint", within: session.setup.deadlines.exchange, began: { child, _ in flushed.add(child) })
        guard Set(writers.keys).isSubset(of: flushed.take().keys) else {
            throw lost
        }
    }

    private var lost: PluginError {
        PluginError(
            .transient,
            "\(session.setup.owner): its process ended with rows that were not durable; they are written again.")
    }

    /// Asks the program; one that does not know the request cannot tell.
    package var isEmpty: Bool {
        get async {
            let answer = try? await session.ask("is_empty", within: session.setup.deadlines.exchange)
            return answer?.body["empty"]?.boolean ?? false
        }
    }

    package func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        let (body, frames) = encoded(batch)
        let asked = WriterList()
        let answer = try await session.ask(
            "write", body, frames: frames, within: session.setup.deadlines.exchange,
            began: { child, _ in asked.add(child) })
        for child in asked.take().values { writers.add(child) }
        guard answer.body["sequence"]?.integer == Int64(clamping: batch.sequence) else {
            throw PluginError(
                .malformed,
                "\(session.setup.owner): it acknowledged another sequence than \(batch.sequence). "
                    + "See docs/plugin-protocol.md.")
        }
        let rows = 0..<Int64(batch.count)
        let rejected = (answer.body["rejected"]?.array ?? []).compactMap { item -> WriteReceipt.Rejection? in
            guard let row = item.object?["row"]?.integer, rows.contains(row) else { return nil }
            return WriteReceipt.Rejection(row: Int(row), reason: item.object?["reason"]?.text ?? "rejected")
        }
        let retry = (answer.body["retry"]?.array ?? []).compactMap(\.integer).filter(rows.contains).map { Int($0) }
        return WriteReceipt(rejected: rejected, retry: retry)
    }

    private func encoded(_ batch: RecordBatch) -> ([String: JSONValue], [Frame]) {
        var body: [String: JSONValue] = [
            "sequence": .integer(Int64(clamping: batch.sequence)), "pipeline": .text(batch.pipeline),
            "source": .text(batch.source), "timeframe": .text(batch.timeframe.description),
            "kind": .text(batch.kind.rawValue),
        ]
        let rows = batch.content.rows
        let (type, shape) = (type(of: rows), rows.shape)
        for (column, text) in zip(type.constants, shape.constants) { body[column.name] = .text(text) }
        if type.columns.contains(where: { $0.type == .reals }) { body["columns"] = .texts(shape.names.map(\.name)) }
        let table = rows.table
        guard let frame = Frame(batch.content) else {
            body["records"] = .array(RecordJSONCells.objects(table, name: name))
            return (body, [])
        }
        body["symbols"] = symbols((0..<table.count).compactMap(table.instrument))
        return (body, [frame])
    }

    private func name(_ id: InstrumentID) -> String {
        session.setup.context?.instruments.instrument(id).description ?? ""
    }

    private func symbols(_ instruments: [InstrumentID]) -> JSONValue {
        guard let directory = session.setup.context?.instruments else { return .object([:]) }
        var names: [String: JSONValue] = [:]
        for id in Set(instruments) { names[id.rawValue.description] = .text(directory.instrument(id).description) }
        return .object(names)
    }
}

/// Processes, each once.
private final class WriterList: Sendable {
    private let children = Mutex<[ObjectIdentifier: ChildProcess]>([:])

    func add(_ child: ChildProcess) { children.withLock { $0[ObjectIdentifier(child)] = child } }

    /// Takes them out; as long as they are kept, no other process has the same identity.
    func take() -> [ObjectIdentifier: ChildProcess] {
        children.withLock { children in
            defer { children = [:] }
            return children
        }
    }
}
