import CivilTime
package import PluginKit
import Synchronization

/// Writes the log of changes for a host that runs: away from event loops, in order, and not without end: of refused requests, which
/// anybody can make, twenty a second are written and the others counted.
package actor AuditDesk {
    private static let most = 20

    private let log: AuditLog
    private let warn: @Sendable (String) -> Void
    private let now: @Sendable () -> Int64
    private var second: Int64 = 0
    private var written = 0
    private var leftOut = 0
    private var isFailing = false
    private var isSealingTold = false

    /// Creates the desk of a log.
    package init(
        _ log: AuditLog, now: @escaping @Sendable () -> Int64 = { WallClock.now() },
        warn: @escaping @Sendable (String) -> Void
    ) {
        self.log = log
        self.now = now
        self.warn = warn
    }

    /// Writes a line; what keeps it from being written is told once, until one was written again.
    ///
    /// - Parameter isDurable: as for `AuditLog.append`.
    package func write(_ who: AuditEntry.Actor, _ event: AuditEntry.Event, isDurable: Bool = true) {
        var event = event
        if event.result == "refused" {
            let second = now() / 1_000_000_000
            if second != self.second { (self.second, written) = (second, 0) }
            guard written < Self.most else {
                leftOut += 1
                return
            }
            written += 1
        }
        (event.leftOut, leftOut) = (leftOut, 0)
        do throws(PluginError) {
            try log.append(who, event, isDurable: isDurable)
            isFailing = false
        } catch {
            leftOut = event.leftOut
            if !isFailing { warn("\(error.message) Changes are not logged until then.") }
            isFailing = true
        }
    }

    /// Seals the last day where it is over; what keeps it from being sealed is told once a start.
    package func sealIfOver() {
        do throws(PluginError) { try log.sealIfOver() } catch {
            if !isSealingTold { warn("\(error.message) The day before is not sealed until then.") }
            isSealingTold = true
        }
    }

    /// Returns the newest lines.
    package func newest(_ count: Int) throws(PluginError) -> [AuditEntry] { try log.entries(last: count) }
}
