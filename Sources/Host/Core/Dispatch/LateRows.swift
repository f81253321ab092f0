import PluginKit
import Synchronization

/// Rows that no sink can have though their event time is before its watermark: they were refused, or could not be read, when
/// later ones were delivered, and are good now.
///
/// Only instruments of which quarantine has rows are looked at: what the store has of them came through, everything else
/// before a watermark did not. So a row that was corrected reaches the sinks, after later ones, and none comes twice.
final class LateRows: Sendable {
    /// Event times that are looked at, newest first; what is older counts as delivered.
    private static let limit = 100_000

    private struct Known: Sendable {
        let from: Int64
        let marks: Set<EventMark>
    }

    private let known: [InstrumentID: Known]
    private let isTold = Mutex(false)
    private let tell: @Sendable (InstrumentID) -> Void

    private init(_ known: [InstrumentID: Known], tell: @escaping @Sendable (InstrumentID) -> Void) {
        self.known = known
        self.tell = tell
    }

    /// Whether a row before a watermark was never delivered.
    func contains(_ place: UInt32, _ time: Int64, _ instrument: InstrumentID?) -> Bool {
        guard !known.isEmpty, let instrument, let known = known[instrument], time > known.from else { return false }
        guard !known.marks.contains(EventMark(behind: place, at: time)) else { return false }
        let isFirst = isTold.withLock { isTold in
            defer { isTold = true }
            return !isTold
        }
        if isFirst { tell(instrument) }
        return true
    }

    /// Reads what the store has of the instruments of a pipeline that have refused rows.
    static func read(
        _ sink: String, _ plan: PipelinePlan, _ services: PipelineServices
    ) async throws(PluginError) -> LateRows {
        var known: [InstrumentID: Known] = [:]
        let refused = try await services.quarantine.instruments(pipeline: plan.id)
        for reference in plan.instruments where refused.contains(reference.instrument.description) {
            let stored = try await services.events.marks(of: reference.instrument, in: plan, limit: limit)
            let from = stored.count < limit ? Int64.min : stored[0].time
            known[reference.id] = Known(from: from, marks: Set(stored))
        }
        let (board, directory) = (services.board, plan.directory)
        return LateRows(known) { instrument in
            board.tell(
                "sink/\(sink): is given rows of \(directory.instrument(instrument)) that an earlier run refused; they come after "
                    + "later ones.")
        }
    }
}
