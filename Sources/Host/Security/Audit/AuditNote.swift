import Synchronization

/// What is to be said of the request that is being answered: whoever carries out a change adds what was before and what is now.
package final class AuditNote: Sendable {
    /// The note of the request that this task answers; `nil` outside of one.
    @TaskLocal package static var current: AuditNote?

    private let event = Mutex<AuditEntry.Event?>(nil)
    private let who = Mutex<AuditEntry.Actor?>(nil)

    /// Creates an empty note.
    package init() {}

    /// Says what was done.
    package func set(_ event: AuditEntry.Event) { self.event.withLock { $0 = event } }

    /// Who asks, once that is known.
    package var actor: AuditEntry.Actor? {
        get { who.withLock { $0 } }
        set { who.withLock { $0 = newValue } }
    }

    /// What was said.
    package var said: AuditEntry.Event? { event.withLock { $0 } }
}
