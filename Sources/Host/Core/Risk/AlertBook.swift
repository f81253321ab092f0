import PluginKit

/// The alerts that are not resolved: one a rule and subject, whatever the number of events that break it.
///
/// An alert opens when what is measured exceeds its limit, and ends when it is at or below `clear` of it: between the two nothing
/// changes. After it opened, the same rule and subject opens no other for `cooldown`; what would have is counted, and opens then if
/// the rule is still broken. So a number that jumps around its limit ten thousand times a second makes two changes a cooldown.
package struct AlertBook: Sendable {
    struct Key: Hashable {
        let rule: String
        let subject: RiskSubject
    }

    private var active: [Key: RiskAlert] = [:]
    private var opened: [Key: Int64] = [:]
    private var nextID: Int64
    private var nextNumber: Int64
    /// Alerts that would have opened within the cooldown of one before.
    package private(set) var suppressed = 0
    /// Changes made and not yet taken.
    private var changes: [AlertChange] = []

    /// Creates a book that goes on after an alert and a change of an earlier run.
    package init(lastID: Int64 = 0, lastNumber: Int64 = 0) {
        nextID = lastID + 1
        nextNumber = lastNumber + 1
    }

    /// Goes on with an alert of an earlier run.
    mutating func resume(_ alert: RiskAlert, _ subject: RiskSubject) {
        let key = Key(rule: alert.rule, subject: subject)
        active[key] = alert
        opened[key] = alert.openedAt
    }

    /// The alerts that are not resolved, by number.
    package var all: [RiskAlert] { active.values.sorted { $0.id < $1.id } }

    /// Takes what changed since the last call.
    package mutating func take() -> [AlertChange] {
        defer { changes.removeAll(keepingCapacity: true) }
        return changes
    }

    /// What a reading may do to alerts besides: how they are named, and what time it is.
    struct Circumstances {
        let limit: RiskLimit
        let limits: RiskLimits
        let version: Int
        let now: Int64
        let instrument: (InstrumentID) -> String
        let message: (RiskReading) -> String
    }

    /// Judges what a rule measured.
    mutating func judge(_ reading: RiskReading, _ around: Circumstances) {
        let isBroken = reading.value > reading.limit
        guard isBroken || !active.isEmpty else { return }
        let key = Key(rule: around.limit.rule, subject: reading.subject)
        guard var alert = active[key] else {
            if isBroken { open(reading, key, around) }
            return
        }
        (alert.value, alert.limit) = (reading.value, reading.limit)
        if reading.isWhole, reading.value <= reading.limit * around.limit.clear {
            alert.state = .resolved
            alert.message = around.message(reading)
            active[key] = nil
            return note(.resolved, alert, around.now, around.limits)
        }
        active[key] = alert
        escalate(key, around)
    }

    /// Resolves the alerts of a rule whose subject is gone.
    mutating func resolve(
        _ rule: String, now: Int64, _ limits: RiskLimits, because why: String, where isGone: (RiskSubject) -> Bool
    ) {
        for (key, alert) in active where key.rule == rule && isGone(key.subject) {
            var alert = alert
            alert.state = .resolved
            alert.message = why
            active[key] = nil
            note(.resolved, alert, now, limits)
        }
    }

    /// The rules that have alerts.
    var rules: Set<String> { Set(active.keys.map(\.rule)) }

    /// Notes that somebody knows of an alert; `nil` where no such one is open.
    mutating func acknowledge(_ id: Int64, by name: String, now: Int64, _ limits: RiskLimits) -> RiskAlert? {
        guard let (key, found) = active.first(where: { $0.value.id == id }), found.state == .open else { return nil }
        var alert = found
        alert.state = .acknowledged
        alert.acknowledgedBy = name
        alert.changedAt = now
        active[key] = alert
        note(.acknowledged, alert, now, limits)
        return alert
    }

    /// Opens an alert that tests the way to those who are told, and that is over at once: one change, never silent.
    mutating func drill(_ rule: String, _ severity: Alert.Severity, version: Int, now: Int64) -> RiskAlert {
        let alert = RiskAlert(
            id: nextID, rule: rule, isDrill: true, openedAt: now, limitsVersion: version, severity: severity,
            state: .resolved, value: 0, limit: 0, message: "a drill of the rule '\(rule)'.")
        nextID += 1
        changes.append(AlertChange(number: nextNumber, event: .opened, alert: alert))
        nextNumber += 1
        return alert
    }

    private mutating func open(_ reading: RiskReading, _ key: Key, _ around: Circumstances) {
        if let last = opened[key], around.now - last < around.limits.cooldown, around.now >= last {
            suppressed += 1
            return
        }
        let alert = RiskAlert(
            id: nextID, rule: key.rule, instrument: key.subject.instrument.map(around.instrument) ?? "",
            subject: key.subject.name, openedAt: around.now, limitsVersion: around.version,
            severity: around.limit.severity, value: reading.value, limit: reading.limit,
            message: around.message(reading))
        nextID += 1
        active[key] = alert
        opened[key] = around.now
        note(.opened, alert, around.now, around.limits)
    }

    private mutating func escalate(_ key: Key, _ around: Circumstances) {
        guard var alert = active[key], alert.state == .open, alert.severity != .critical,
            let after = around.limit.escalateAfter, around.now - alert.openedAt >= after
        else { return }
        alert.severity = .critical
        active[key] = alert
        note(.escalated, alert, around.now, around.limits)
    }

    private mutating func note(_ event: AlertChange.Event, _ alert: RiskAlert, _ now: Int64, _ limits: RiskLimits) {
        var alert = alert
        alert.changedAt = now
        changes.append(
            AlertChange(number: nextNumber, event: event, alert: alert, isSilent: limits.isSilent(alert.rule, at: now)))
        nextNumber += 1
    }
}
