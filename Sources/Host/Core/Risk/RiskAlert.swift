package import PluginKit

/// How an alert of a risk rule stands.
package enum AlertState: String, Sendable, Hashable, CaseIterable, Codable {
    /// Its rule is broken, and nobody said that they know.
    case open
    /// Its rule is broken, and somebody knows.
    case acknowledged
    /// Its rule holds again.
    case resolved
}

/// One alert of a risk rule, from when the rule was broken until it holds again.
package struct RiskAlert: Sendable, Hashable {
    /// Its number; never given twice.
    package let id: Int64
    /// The rule.
    package let rule: String
    /// The instrument it is about, canonical; empty where it is about none.
    package let instrument: String
    /// The group or model it is about; empty where it is about none.
    package let subject: String
    /// Whether it is a drill.
    package let isDrill: Bool
    /// When it opened, nanoseconds since the Unix epoch, UTC.
    package let openedAt: Int64
    /// Which version of the limits was broken.
    package let limitsVersion: Int
    /// How bad it is.
    package var severity: Alert.Severity
    /// How it stands.
    package var state: AlertState
    /// What was measured last.
    package var value: Double
    /// What is allowed.
    package var limit: Double
    /// What is wrong, in a sentence.
    package var message: String
    /// When it changed last.
    package var changedAt: Int64
    /// Who said that they know; empty before that.
    package var acknowledgedBy = ""

    /// Creates an alert.
    package init(
        id: Int64, rule: String, instrument: String = "", subject: String = "", isDrill: Bool = false, openedAt: Int64,
        limitsVersion: Int = 0, severity: Alert.Severity, state: AlertState = .open, value: Double, limit: Double,
        message: String, changedAt: Int64? = nil, acknowledgedBy: String = ""
    ) {
        self.id = id
        self.rule = rule
        self.instrument = instrument
        self.subject = subject
        self.isDrill = isDrill
        self.openedAt = openedAt
        self.limitsVersion = limitsVersion
        self.severity = severity
        self.state = state
        self.value = value
        self.limit = limit
        self.message = message
        self.changedAt = changedAt ?? openedAt
        self.acknowledgedBy = acknowledgedBy
    }
}

/// A change of an alert: what exactly one notification is sent of.
package struct AlertChange: Sendable, Hashable {
    /// What happened.
    package enum Event: String, Sendable, Hashable {
        /// The rule was broken.
        case opened
        /// Somebody said that they know.
        case acknowledged
        /// Nobody did for too long: it is critical now.
        case escalated
        /// The rule holds again.
        case resolved
    }

    /// Its number; grows by one with each change.
    package let number: Int64
    /// What happened.
    package let event: Event
    /// The alert after it.
    package let alert: RiskAlert
    /// Whether nobody is told: it fell into a silence.
    package let isSilent: Bool

    /// Creates a change.
    package init(number: Int64, event: Event, alert: RiskAlert, isSilent: Bool = false) {
        self.number = number
        self.event = event
        self.alert = alert
        self.isSilent = isSilent
    }

    /// What sinks are given: number and state lead the message, so that two changes of one alert are two records.
    package func record(_ instrument: InstrumentID?) -> Alert {
        let mark = alert.isDrill ? "DRILL, nothing is wrong: " : ""
        let by = event == .acknowledged ? " by \(alert.acknowledgedBy)" : ""
        return Alert(
            time: alert.changedAt, rule: alert.rule, severity: alert.severity, instrument: instrument,
            message: "\(mark)alert \(alert.id) \(event.rawValue)\(by): \(alert.message)")
    }
}
