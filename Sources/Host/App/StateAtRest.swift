import FileOutput
package import HostCore
package import HostManifest
package import HostSecurity
import HostStorage
package import PluginKit

/// The state folder of a manifest while no host runs on it: opened by a command that reads or changes what is kept.
package final class StateAtRest: Sendable {
    let database: StateDatabase
    let instruments = InstrumentTable()
    /// Writes the log of changes.
    package let audit: AuditDesk
    private let lock: InstanceLock

    /// Opens it, and keeps hosts out until it is gone. Throws where a process uses it, and where nothing is there, unless it
    /// `isMade` then.
    package init(_ manifest: Manifest, who: String, isMade: Bool = false) throws(HostError) {
        let folder = manifest.resolve(manifest.host.state)
        let path = "\(folder)/penstock.db"
        guard isMade || FilePaths.exists(path) else {
            throw HostError(
                exitCode: 3, "\(who): there is no '\(path)': no host ran here yet. Start one with `penstock run`.")
        }
        do throws(PluginError) {
            if isMade { try FilePaths.makeFolder(folder, who: who) }
            lock = try InstanceLock(stateFolder: folder)
            database = try StateDatabase(path: path, instruments: instruments)
            audit = AuditDesk(AuditLog(of: manifest)) { _ in }
        } catch {
            throw HostError(exitCode: 3, "\(who): \(error.message)")
        }
    }

    deinit { database.close() }

    /// What is stored; a manifest says what counts as a gap in it.
    package func data(_ manifest: Manifest) -> DataDesk {
        DataDesk(
            database: database, instruments: instruments, hours: VenueHours.shared.finder, manifest: { manifest })
    }

    /// Returns stored bars, adjusted by what was known as of the query's date.
    package func bars(
        _ query: EventQuery, adjusted: PriceAdjustment
    ) async throws(PluginError) -> [StoredBar] { try await database.bars(query, adjusted: adjusted) }

    /// Says why adjusted prices of a query may be as traded; `nil` where they are not.
    package func doubt(of adjusted: PriceAdjustment, _ query: EventQuery) async throws(PluginError) -> String? {
        try await database.doubt(of: adjusted, query)?.message { String(EventTimeText.utc($0).prefix(10)) }
    }

    /// What is kept of models.
    package func versions(_ manifest: Manifest, warn: @escaping @Sendable (String) -> Void) -> VersionDesk {
        VersionDesk(
            store: database, manifest: { manifest }, instruments: instruments, running: { _, _ in nil },
            evidence: database, warn: warn,
            log: { [audit] event, by in
                await audit.write(AuditEntry.Actor(name: by, role: "-", proof: "command", from: "local"), event)
            })
    }

    /// What was refused.
    package var quarantine: QuarantineDesk {
        QuarantineDesk(database: database, instruments: instruments, pipeline: { _ in nil })
    }
}
