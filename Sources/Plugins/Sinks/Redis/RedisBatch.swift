import PluginKit
import RecordText

/// Rows of a batch with the keys they are under.
struct RedisBatch: Sendable, Hashable {
    struct Row: Sendable, Hashable {
        let key: [UInt8]
        let time: Int64
        let isRevision: Bool
        let object: [UInt8]
    }

    let kind: RecordKind
    let rows: [Row]
}

/// Turns batches of records into rows: the object that every other sink of JSON writes.
struct RedisEncoder {
    private let prefix: String
    private let instruments: any InstrumentDirectory
    private var json: RecordJSON
    private var names: [InstrumentID: String] = [:]

    init(prefix: String, instruments: any InstrumentDirectory) {
        self.prefix = prefix
        self.instruments = instruments
        json = RecordJSON(instruments: instruments)
    }

    mutating func encode(_ batch: RecordBatch) -> RedisBatch {
        let table = batch.table
        let flags = table.columns.lazy.compactMap { if case .flags(let get) = $0.cells { get } else { nil } }.first
        let head = "\(prefix):\(batch.kind.rawValue):\(batch.pipeline):"
        let keys = Self.keyTexts(table)
        var rows: [RedisBatch.Row] = []
        rows.reserveCapacity(table.count)
        var objects: [[UInt8]] = []
        json.forEachRow(of: batch) { _, object in objects.append(object) }
        for (row, object) in objects.enumerated() {
            let key =
                head
                + ([name(of: table.instrument(row))] + keys.map { $0(row) }).filter { !$0.isEmpty }.joined(
                    separator: ":")
            rows.append(
                RedisBatch.Row(
                    key: Array(key.utf8), time: table.time(row), isRevision: flags?(row).contains(.revised) ?? false,
                    object: object))
        }
        return RedisBatch(kind: batch.kind, rows: rows)
    }

    private mutating func name(of id: InstrumentID?) -> String {
        guard let id else { return "" }
        if let known = names[id] { return known }
        let name = instruments.instrument(id).description
        names[id] = name
        return name
    }

    /// What tells records of an instrument apart beside their time, and lasts: the model, the figure, the part, the rule.
    private static func keyTexts(_ table: RecordTable) -> [@Sendable (Int) -> String] {
        let constants = table.constants.filter { $0.description.marks.contains(.key) }.map {
            constant -> @Sendable (Int) -> String in
            { _ in constant.value }
        }
        return constants
            + table.columns.compactMap { column in
                guard column.description.marks.contains(.key), !["message", "state"].contains(column.description.name),
                    case .text(let get) = column.cells
                else { return nil }
                return get
            }
    }
}

/// Decides which rows are the newest under their keys, and makes the commands.
struct RedisPlan {
    /// The newest time written under each key in this run.
    private var newest: [[UInt8]: Int64] = [:]
    let streamPrefix: [UInt8]?
    let streamLength: Int
    let expire: Int

    init(streamPrefix: [UInt8]?, streamLength: Int, expire: Int) {
        self.streamPrefix = streamPrefix
        self.streamLength = streamLength
        self.expire = expire
    }

    /// Returns the commands for batches, and the times to note once they are done.
    func commands(_ batches: [RedisBatch]) -> (commands: RedisCommands, times: [[UInt8]: Int64]) {
        var (commands, last): (RedisCommands, [[UInt8]: RedisBatch.Row]) = (RedisCommands(), [:])
        var times = newest
        for batch in batches {
            for row in batch.rows {
                if let streamPrefix { append(row, to: streamPrefix + batch.kind.rawValue.utf8, &commands) }
                // A revision of what came before this run may be older than what is there.
                guard times[row.key].map({ $0 <= row.time }) ?? !row.isRevision else { continue }
                times[row.key] = row.time
                last[row.key] = row
            }
        }
        for row in last.values { commands.append(set(row)) }
        return (commands, times)
    }

    /// Notes what is there now.
    mutating func note(_ times: [[UInt8]: Int64]) { newest = times }

    private func set(_ row: RedisBatch.Row) -> [[UInt8]] {
        let head = [Array("SET".utf8), row.key, row.object]
        return expire == 0 ? head : head + [Array("EX".utf8), Array("\(expire)".utf8)]
    }

    private func append(_ row: RedisBatch.Row, to stream: [UInt8], _ commands: inout RedisCommands) {
        commands.append([
            Array("XADD".utf8), stream, Array("MAXLEN".utf8), Array("~".utf8), Array("\(streamLength)".utf8),
            Array("*".utf8),
            Array("record".utf8), row.object,
        ])
    }
}
