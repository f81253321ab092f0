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
        guard let kind = RecordKind(rawValue: message.body["kind"]?.text ?? ""),
            let sequence = message.body["sequence"]?.integer,
            let timeframe = Timeframe(message.body["timeframe"]?.text ?? ""),
            let content = Self.content(kind, message, names)
        else { throw PluginError(.badRequest, "'write' has no known 'kind', 'sequence', 'timeframe' or frames.") }
        self.init(
            pipeline: message.body["pipeline"]?.text ?? "", source: message.body["source"]?.text ?? "",
            timeframe: timeframe, sequence: UInt64(clamping: sequence), content: content)
    }

    private static func content(_ kind: RecordKind, _ message: Message, _ names: HostNames) -> Content? {
        let columns = message.body["columns"]?.array?.compactMap(\.text) ?? []
        let records = (message.body["records"]?.array ?? []).compactMap(\.object)
        switch (kind, message.frames.first) {
        case (.bars, .events(.bars(let bars))): return .bars(bars)
        case (.features, .features(let rows, let values)):
            guard values.columns == columns.count else { return nil }
            return .features(FeatureBatch(schema: FeatureSchema(names: columns), rows: rows, values: values.values))
        case (.predictions, .predictions(let rows, let values)):
            guard values.columns == columns.count else { return nil }
            return .predictions(
                PredictionBatch(
                    model: message.body["model"]?.text ?? "", target: message.body["target"]?.text ?? "",
                    outputs: columns.map { OutputColumn($0, unit: "", "") }, rows: rows, values: values.values))
        case (.alerts, _): return .alerts(records.compactMap { alert($0, names) })
        case (.status, _): return .status(records.compactMap(status))
        default: return nil
        }
    }

    private static func alert(_ members: [String: JSONValue], _ names: HostNames) -> Alert? {
        guard let time = members["time"]?.integer, let rule = members["rule"]?.text,
            let severity = Alert.Severity(rawValue: members["severity"]?.text ?? "")
        else { return nil }
        return Alert(
            time: time, rule: rule, severity: severity,
            instrument: members["symbol"]?.text.flatMap { names.id(ofSymbol: $0) },
            message: members["message"]?.text ?? "")
    }

    private static func status(_ members: [String: JSONValue]) -> StatusRecord? {
        guard let time = members["time"]?.integer, let component = members["component"]?.text,
            let state = members["state"]?.text
        else { return nil }
        return StatusRecord(time: time, component: component, state: state, message: members["message"]?.text ?? "")
    }
}
