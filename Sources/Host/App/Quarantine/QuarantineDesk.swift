package import HostCore
import HostGateway
import HostStorage
package import PluginKit

/// Lists, releases and deletes refused rows, of a host that runs and of a state folder at rest.
///
/// A released bar is stored as a version after the one that was refused and goes to the sinks flagged `revised`, as a corrected
/// one does: at once where its pipeline runs, at the next start otherwise. It counts as known from its release on. The row stays,
/// marked, so that the same row from the provider is not told as news.
package struct QuarantineDesk: Sendable {
    private let database: StateDatabase
    private let instruments: InstrumentTable
    /// Returns the pipeline of an id while it runs.
    private let pipeline: @Sendable (String) -> Pipeline?

    init(database: StateDatabase, instruments: InstrumentTable, pipeline: @escaping @Sendable (String) -> Pipeline?) {
        self.database = database
        self.instruments = instruments
        self.pipeline = pipeline
    }

    /// Returns the rows that match.
    package func list(_ query: QuarantineQuery) async throws(PluginError) -> QuarantineReport {
        let rows = try await database.kept(query)
        return QuarantineReport(total: try await database.count(query), rows: rows.map { QuarantineReport.Row($0) })
    }

    /// Forgets rows.
    package func delete(_ ids: [Int64]) async throws(PluginError) -> QuarantineOutcome {
        let rows = try await rows(ids)
        _ = try await database.remove(rows.map(\.id))
        return QuarantineOutcome(done: rows.map(\.id), left: Self.missing(ids, rows))
    }

    /// Accepts rows after all; those that cannot be are left, each with the reason.
    package func release(_ ids: [Int64]) async throws(PluginError) -> QuarantineOutcome {
        let rows = try await rows(ids)
        var outcome = QuarantineOutcome(left: Self.missing(ids, rows))
        // In order of time: a pipeline's sinks are given them as they come.
        for kept in rows.sorted(by: { ($0.row.time ?? 0, $0.id) < ($1.row.time ?? 0, $1.id) }) {
            switch try await entry(kept) {
            case .success(let entry):
                try await keep(entry)
                outcome.done.append(kept.id)
            case .failure(let fault): outcome.left.append(QuarantineOutcome.Left(id: kept.id, message: fault.message))
            }
        }
        try await database.noteReleased(outcome.done)
        return outcome
    }

    private func rows(_ ids: [Int64]) async throws(PluginError) -> [KeptRow] {
        guard !ids.isEmpty else { return [] }
        var query = QuarantineQuery()
        query.ids = ids
        query.hasReleased = true
        query.limit = ids.count
        return try await database.kept(query)
    }

    private func keep(_ entry: StoreEntry) async throws(PluginError) {
        let id = entry.pipeline.split(separator: "/").first.map(String.init) ?? ""
        if let running = pipeline(id) { _ = await running.release(entry) }
        // Where the pipeline has stored it this changes nothing; where it could not, it throws or does.
        try await database.store([entry])
    }

    private func entry(_ kept: KeptRow) async throws(PluginError) -> Result<StoreEntry, PluginError> {
        let row = kept.row
        let who = "quarantine: row \(kept.id) (\(row.place.isEmpty ? row.source : row.place), \(row.reason))"
        guard let name = row.instrument, let instrument = try? Instrument(parsing: name),
            let bar = Bar(refused: row.raw, of: instruments.intern(instrument))
        else {
            return .failure(
                PluginError(
                    .badRequest,
                    "\(who) was not read as a bar, so there is nothing to accept; allowed are bars. Correct it at its "
                        + "source; the next start reads it again."))
        }
        if let reason = bar.impossibility {
            return .failure(
                PluginError(
                    .badRequest,
                    "\(who) cannot be true: \(QualityRefusal(event: bar, reason: reason).message) Correct it at its source."
                ))
        }
        let timeframes = try await database.timeframes(ofBarsOf: row.pipeline)
        guard timeframes.count == 1, let timeframe = timeframes.first else {
            let spans = timeframes.map(\.description).joined(separator: ", ")
            return .failure(
                PluginError(
                    .badRequest,
                    "\(who): pipeline/\(row.pipeline) has stored bars of \(spans.isEmpty ? "no span" : spans), allowed is one. "
                        + "Release it once the pipeline has stored a bar."))
        }
        let origin = row.provenance
        let provenance = Provenance(
            source: origin.source, attempts: origin.attempts, reason: .released, fetchedAt: origin.fetchedAt)
        return .success(
            StoreEntry(
                pipeline: row.pipeline, timeframe: timeframe, provenance: provenance, events: .bars([bar]),
                isCorrection: true))
    }

    private static func missing(_ ids: [Int64], _ rows: [KeptRow]) -> [QuarantineOutcome.Left] {
        let known = Set(rows.map(\.id))
        return ids.filter { !known.contains($0) }.map {
            QuarantineOutcome.Left(
                id: $0,
                message:
                    "quarantine: there is no row \($0): it was deleted, or grew too old ('host.retain.quarantine'). "
                    + "`penstock quarantine list` shows which there are.")
        }
    }
}

extension QuarantineDesk {
    /// What the gateway needs of it.
    var control: QuarantineControl {
        QuarantineControl(
            list: { query, cursor in
                // One row more says that there is another page.
                var asked = query
                asked.limit += 1
                let found = try await self.list(asked)
                let rows = Array(found.rows.prefix(query.limit))
                let next = found.rows.count > rows.count ? rows.last.map { cursor($0.id) } : nil
                return (SortedJSON.bytes(QuarantineReport(total: found.total, rows: rows, nextCursor: next)), next)
            },
            act: { action, ids in
                switch action {
                case .release: SortedJSON.bytes(try await self.release(ids))
                case .delete: SortedJSON.bytes(try await self.delete(ids))
                }
            })
    }
}
