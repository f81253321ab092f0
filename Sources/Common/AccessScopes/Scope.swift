/// What a caller may do, as `AREA:VERB`. Each route of the gateway names one; a role is a set of them.
public enum Scope: String, Sendable, Hashable, CaseIterable, Codable {
    /// Nothing is needed: signs of life, and what a browser needs to show the login.
    case open
    /// Market data: quotes, history, instruments, calendars, indicators.
    case dataRead = "data:read"
    /// Predictions, outcomes, models and their versions.
    case predictionsRead = "predictions:read"
    /// How the host, its instances and its pipelines are, and what can be named in the manifest.
    case statusRead = "status:read"
    /// Every counter, as Prometheus reads them.
    case metricsRead = "metrics:read"
    /// What was refused, and what is stored.
    case quarantineRead = "quarantine:read"
    /// Releasing and forgetting what was refused.
    case quarantineWrite = "quarantine:write"
    /// What a reload of the manifest would do; it runs code of plugins.
    case configurationRead = "config:read"
    /// Reloading, and switching instances on and off.
    case configurationWrite = "config:write"
    /// Promoting, retiring and taking back versions of models.
    case modelsWrite = "models:write"
    /// Orders and positions.
    case tradingRead = "trading:read"
    /// Whatever trades, or stops trading.
    case tradingWrite = "trading:write"
    /// The log of changes.
    case auditRead = "audit:read"
    /// Keys and roles.
    case keysWrite = "keys:write"

    /// Whether it only looks.
    public var isRead: Bool { self == .open || rawValue.hasSuffix(":read") }

    /// Whether everybody on this machine has it where no identity was made.
    public var isOpenLocally: Bool {
        switch self {
        case .open, .dataRead, .predictionsRead, .statusRead, .metricsRead, .tradingRead: true
        default: false
        }
    }

    /// The scopes that can be given: all but `open`, which everybody has.
    public static var given: [Scope] { allCases.filter { $0 != .open } }
}
