import Synchronization

/// How an instance stands whose program runs in a process of its own.
package enum ProcessCondition: Sendable, Equatable {
    /// Its process runs, and has for a while since the last fault.
    case well
    /// Its process ended and is started again after `delay`.
    case away(reason: String, delay: Duration)
    /// Its process was started again a moment ago; the reason is that of the fault before.
    case back(reason: String)
    /// It runs, but calls of it gave nothing: so many since it last worked.
    case faulty(reason: String, count: Int)
    /// It runs, and a call of it has gone without an answer for longer than usual.
    case late(reason: String)
    /// It stays off until it is made anew.
    case quarantined(reason: String)
}

/// Tells from the states of all sessions how each instance stands.
///
/// While a reload builds the new beside the old, an instance has two sessions, and a fault of the new one says nothing
/// about the one that works: the oldest that was not stopped speaks for the instance.
package final class SessionStates: Sendable {
    private struct Session {
        let number: UInt64
        var condition: ProcessCondition
        /// Why it is late, while it is.
        var lateness: String?

        var shown: ProcessCondition { lateness.map { .late(reason: $0) } ?? condition }
    }

    private struct Content {
        var sessions: [String: [Session]] = [:]
        var shown: [String: ProcessCondition] = [:]
    }

    private let content = Mutex(Content())

    /// Creates one without sessions.
    package init() {}

    /// Takes a state of a session; returns how the instance stands where that changed.
    package func take(_ state: ProcessState, of instance: String, session number: UInt64) -> ProcessCondition? {
        content.withLock { content in
            var sessions = content.sessions[instance] ?? []
            let place = sessions.firstIndex { $0.number == number }
            var session = place.map { sessions.remove(at: $0) } ?? Session(number: number, condition: .well)
            if let condition = Self.condition(after: session.condition, state) {
                session.condition = condition
                session.lateness = if case .late(let reason) = state { reason } else { nil }
                sessions.append(session)
                sessions.sort { $0.number < $1.number }
            }
            content.sessions[instance] = sessions.isEmpty ? nil : sessions
            guard let first = sessions.first?.shown else {
                content.shown[instance] = nil
                return nil
            }
            guard first != content.shown[instance] ?? .well, !Self.isRepeated(first) else { return nil }
            content.shown[instance] = first
            return first
        }
    }

    /// Whether it only counts on: the first, tenth, hundredth, ... time is told.
    private static func isRepeated(_ condition: ProcessCondition) -> Bool {
        guard case .faulty(_, var count) = condition else { return false }
        while count >= 10, count % 10 == 0 { count /= 10 }
        return count != 1
    }

    /// The condition that follows; `nil` for a session that is over.
    private static func condition(after before: ProcessCondition, _ state: ProcessState) -> ProcessCondition? {
        switch (state, before) {
        case (.waiting(let reason, let delay), _): .away(reason: reason, delay: delay)
        case (.quarantined(let reason), _): .quarantined(reason: reason)
        case (.faulty(let reason, let count), _): .faulty(reason: reason, count: count)
        case (.running, .away(let reason, _)): .back(reason: reason)
        case (.running, _), (.late, _), (.answered, _): before
        case (.steady, _): .well
        case (.stopped, _): nil
        }
    }
}
