import Glibc
import PluginKit
import Synchronization

/// Keeps the times of bars, as text, in a file of its own; what it was given since the last flush is in memory.
final class FaultySink: Sink {
    static let descriptor = PluginDescriptor(
        kind: .sink, name: "faulty", version: "1.0.0", summary: "Breaks as it is told.", schema: Breaking.schema,
        accepts: [.bars])
    private let breaking: Breaking
    private let file: String
    private let held = Mutex<[Int64]>([])

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        breaking = try Breaking.of(configuration)
        file = "\(context.stateDirectory)/rows.txt"
        try breaking.breakdown(in: "init")
    }

    func probe() async throws(PluginError) {
        if let fault = breaking.fault(in: "probe") { try await breaking.fail(fault) }
    }

    func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        let times = batch.times
        let fault = breaking.fault(in: "write")
        switch fault {
        case "retry":
            held.withLock { $0 += times.dropFirst() }
            return WriteReceipt(retry: [0])
        case "garbage":
            held.withLock { $0 += times }
            return WriteReceipt(
                rejected: [.init(row: -1, reason: "x"), .init(row: .max, reason: "")], retry: [-7, batch.count, .max])
        case let fault?: try await breaking.fail(fault)
        case nil: break
        }
        held.withLock { $0 += times }
        return .accepted
    }

    func flush() async throws(PluginError) {
        let times = held.withLock { held in
            defer { held = [] }
            return held
        }
        if let fault = breaking.fault(in: "flush") { try await breaking.fail(fault) }
        guard let file = fopen(file, "a") else { throw breaking.error("environment") }
        for time in times { fputs("\(time)\n", file) }
        fclose(file)
    }
}

extension RecordBatch {
    /// Event time of each row.
    fileprivate var times: [Int64] {
        guard case .bars(let bars) = content else { return [] }
        return bars.map(\.time)
    }
}
