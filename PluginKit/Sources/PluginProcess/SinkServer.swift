import PluginKit
import StdioProtocol

/// Serves a sink: the host writes one batch at a time.
final class SinkServer: KindServer {
    private let sink: any Sink
    private let names: HostNames
    var plugin: (any Plugin)? { sink }

    init(_ sink: any Sink, _ names: HostNames) {
        self.sink = sink
        self.names = names
    }

    func respond(to message: Message) throws(PluginError) -> Response? {
        let sink = sink
        switch message.type {
        case "write":
            let batch = try RecordBatch(message, names)
            return .later { () async throws(PluginError) in Answer(try await sink.write(batch), batch.sequence) }
        case "checkpoint":
            return .later { () async throws(PluginError) in
                try await sink.flush()
                return Answer()
            }
        case "is_empty": return .later { Answer(["empty": .boolean(await sink.isEmpty)]) }
        case "probe": return .probe(sink)
        default: return nil
        }
    }
}

extension Answer {
    fileprivate init(_ receipt: WriteReceipt, _ sequence: UInt64) {
        self.init(["sequence": .integer(Int64(clamping: sequence))])
        if !receipt.rejected.isEmpty {
            body["rejected"] = .array(
                receipt.rejected.map { .object(["row": .integer(Int64($0.row)), "reason": .text($0.reason)]) })
        }
        if !receipt.retry.isEmpty { body["retry"] = .array(receipt.retry.map { .integer(Int64($0)) }) }
    }
}

extension RecordBatch {
    /// Reads the members and frames of `write`.
    fileprivate init(_ message: Message, _ names: HostNames) throws(PluginError) {
        let body = message.body
        guard let kind = RecordKind(rawValue: body["kind"]?.text ?? ""), let sequence = body["sequence"]?.integer,
            let timeframe = Timeframe(body["timeframe"]?.text ?? ""),
            let content = try Self.content(kind, message, names), type(of: content.rows).kind == kind
        else { throw PluginError(.badRequest, "'write' has no known 'kind', 'sequence', 'timeframe' or frames.") }
        self.init(
            pipeline: body["pipeline"]?.text ?? "", source: body["source"]?.text ?? "", timeframe: timeframe,
            sequence: UInt64(clamping: sequence), content: content)
    }

    private static func content(
        _ kind: RecordKind, _ message: Message, _ names: HostNames
    ) throws(PluginError) -> Content? {
        if let frame = message.frames.first {
            let columns = message.body["columns"]?.array?.compactMap(\.text) ?? []
            return frame.records(
                constants: kind.rows.constants.map { message.body[$0.name]?.text ?? "" },
                names: columns.map { OutputColumn($0, unit: "", "") })
        }
        let rows = (message.body["records"]?.array ?? []).compactMap(\.object)
        var cells = RecordJSONCells(kind, rows: rows) { names.id(ofSymbol: $0) }
        return try kind.rows.read(RecordShape(count: rows.count), from: &cells)
    }
}
