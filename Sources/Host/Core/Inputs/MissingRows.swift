/// Driving rows that have no values of an input beside it, by reason.
struct MissingRows: Sendable {
    /// No event of their instrument came yet.
    var noEvent = 0
    /// The last one is older than `max_age`.
    var tooOld = 0
    /// They came late, and of what is left everything is later than they are.
    var late = 0

    /// Adds them to counts by reason.
    func add(to counts: inout ReasonCounts) {
        for (reason, count) in [("no_event", noEvent), ("too_old", tooOld), ("late_row", late)] where count > 0 {
            counts[reason, default: 0] += count
        }
    }
}
